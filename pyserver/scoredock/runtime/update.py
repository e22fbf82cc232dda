"""One update: new workers beside the old, and the switch."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Any

from . import failure

if TYPE_CHECKING:
    from .arbiter import Arbiter
    from .imports import Wanted
    from .worker import Worker


class Generation:
    """The user's code as it was read at one moment. All workers of a generation run the same code, a respawned one too."""

    def __init__(self, number: int, wanted: Wanted) -> None:
        self.number = number
        self.files = wanted.files
        self.spelled = wanted.spelled
        self.libraries = wanted.libraries


class Update:
    """Candidates that boot while the old code answers. It ends in ``_switch``, ``fail`` or ``abandon``."""

    def __init__(self, arbiter: Arbiter, wanted: Wanted, deadline: float | None, waiters: list[Any]) -> None:
        self._arbiter = arbiter
        self.generation = Generation(arbiter.serving.number + 1, wanted)
        self.candidates: list[Worker] = []
        self.waiters = waiters
        self._began = time.monotonic()
        self._deadline = deadline

    def start(self) -> None:
        for _ in range(self._arbiter.num_workers):
            self.candidates.append(self._arbiter.spawn(self.generation))

    def check(self) -> None:
        """Switch when all candidates are ready; give up past the deadline (never while one waits for a debugger)."""
        if all(worker.ready for worker in self.candidates):
            self._switch()
        elif self._deadline is not None and time.monotonic() - self._began > self._deadline and not self._held():
            self.fail(failure.of_deadline(self._deadline))

    def _held(self) -> bool:
        return any(self._arbiter.gate.read(worker.slot)[1] for worker in self.candidates)

    def _switch(self) -> None:
        arbiter = self._arbiter
        old = [worker for worker in arbiter.WORKERS.values() if worker not in self.candidates]
        # From here on no connection is accepted by older code.
        while not arbiter.gate.open_to(self.generation.number, 0.5):
            for worker in old:
                arbiter.kill_worker(worker.pid, signal.SIGKILL)
        for worker in self.candidates:
            worker.channel.tell({"do": "admit"})
        arbiter.serving = self.generation
        arbiter.updating = None
        arbiter.ever_ready = True
        arbiter.last_failure = None
        arbiter.probes.begin_anew()
        for worker in old:
            if not worker.retired:
                arbiter.retire(worker)
        seconds = time.monotonic() - self._began
        arbiter.log.info("Update %d took effect after %.3f s", self.generation.number, seconds)
        self._tell({"ok": True, "seconds": seconds}, "worker-replaced")

    def fail(self, why: failure.Failure) -> None:
        """The new code does not come up: it is gone, the old goes on."""
        arbiter = self._arbiter
        self._drop()
        arbiter.updating = None
        arbiter.last_failure = why
        arbiter.log.error("Update failed, the old code goes on")
        self._tell({"ok": False, "failure": why}, "update-failed")
        if not arbiter.ever_ready and not arbiter.stopping:
            from gunicorn.errors import HaltServer

            raise HaltServer("Worker failed to boot.", arbiter.WORKER_BOOT_ERROR)

    def abandon(self) -> list[Any]:
        """A newer update takes over: whoever waits for this one waits for that."""
        self._drop()
        self._arbiter.updating = None
        return self.waiters

    def _drop(self) -> None:
        for worker in self.candidates:
            if worker.pid in self._arbiter.WORKERS:
                worker.retired = True
                self._arbiter.kill_worker(worker.pid, signal.SIGKILL)

    def _tell(self, answer: dict[str, Any], event: str) -> None:
        brief = self._arbiter.commands.brief()
        for connection in self.waiters:
            connection.send({**answer, **brief})
        self._arbiter.control.announce({"event": event, **answer, **brief})
