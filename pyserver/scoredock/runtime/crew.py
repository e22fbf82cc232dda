"""The workers of a service: forked, watched, relieved, buried.

What gunicorn does to make a worker is kept; what it does when one dies or hangs is here, for all its versions alike.
"""

from __future__ import annotations

import argparse
import os
import selectors
import signal
import time
from typing import TYPE_CHECKING, Any

from gunicorn.arbiter import Arbiter as GunicornArbiter
from gunicorn.errors import HaltServer

from . import failure
from .bytecode import Bytecode
from .channel import Channel
from .configuration import Configuration
from .control import Server, ask_to_yield
from .gate import ATTACHED, HELD, RUNNING, WAITING, Gate
from .preload import last_module
from .worker import Worker

if TYPE_CHECKING:
    from .commands import Commands
    from .learning import Learning
    from .update import Generation, Update

RETIREMENT_GRACE = 2.0  # seconds for a worker without a request to go, once told to
SLOWEST_RESPAWN = 30.0  # seconds between tries when a worker cannot boot any more


class Crew(GunicornArbiter):
    """Made complete by ``arbiter.Arbiter``, which has the loop and the updates."""

    WORKERS: dict[int, Worker]
    options: argparse.Namespace
    learning: Learning
    commands: Commands
    control: Server
    serving: Generation
    making: Generation  # whose worker is being forked
    updating: Update | None = None
    ever_ready = False
    stopping = False
    last_failure: failure.Failure | None = None

    def __init__(self, app: Any) -> None:
        super().__init__(app)
        self.WORKERS = {}
        self.gate = Gate()
        self.selector = selectors.DefaultSelector()
        self.configuration = Configuration()
        self.bytecode = Bytecode()
        self.respawn_at = 0.0
        self._respawn_pause = 0.0

    def prepare(self, worker: Worker) -> None:
        """Before the fork: give the worker all it needs."""
        worker.gate, worker.slot = self.gate, self.gate.take_slot()
        worker.generation = self.making.number
        worker.channel = Channel()
        worker.snapshot, worker.spelled = self.making.files, self.making.spelled
        worker.newest_module = last_module()
        worker.configuration = self.configuration
        worker.preloaded_loggers = self.learning.preloaded.loggers
        worker.failed, worker.asked = None, set()
        worker.hold = self.holding

    def after_fork(self, worker: Worker) -> None:
        """In the worker: let go of everything that is the arbiter's."""
        self.selector.close()
        self.control.after_fork()
        for other in self.WORKERS.values():
            other.channel.after_fork(False)
        worker.channel.after_fork(True)

    def spawn(self, generation: Generation) -> Worker:
        """Fork one worker that runs the code of ``generation``."""
        self.making = generation
        worker = self.WORKERS[self.spawn_worker()]
        worker.channel.worker_end.close()
        self.selector.register(worker.channel.arbiter_end, selectors.EVENT_READ, lambda _: self._listen_to(worker))
        return worker

    @property
    def held(self) -> bool:
        """Whether a debugger is at one of the workers that are to answer."""
        return any(self.gate.read(worker.slot)[1] for worker in self.current())

    @property
    def holding(self) -> bool:
        """Whether new workers wait for a debugger: at the start if told to, and as long as a debugger watches."""
        return self.options.wait_for_debugger or any(connection.holding for connection in self.control.connections)

    def let_go(self) -> None:
        # Whoever they wait for is gone (an editor that was killed).
        if not self.holding:
            for worker in self.WORKERS.values():
                if self.gate.read(worker.slot)[1] & WAITING:
                    worker.channel.tell({"do": "continue", "id": 0})

    def current(self) -> list[Worker]:
        """The workers that are to answer requests, ready or booting."""
        return [w for w in self.WORKERS.values() if w.generation == self.serving.number and not w.retired]

    def manage_workers(self) -> None:
        workers = self.current()
        if len(workers) < self.num_workers and time.monotonic() >= self.respawn_at and not self._held_back():
            self.respawn_at = 0.0
            for _ in range(self.num_workers - len(workers)):
                # The code of its generation, not what lies on the disk now: that may be half an edit.
                self.spawn(self.serving)

    def _held_back(self) -> bool:
        # An update that began before anything was ever ready takes the place of the first start.
        return self.updating is not None and not self.ever_ready

    def murder_workers(self) -> None:
        held = [w for w in self.WORKERS.values() if self.gate.read(w.slot)[1] & (ATTACHED | HELD | WAITING)]
        for worker in held:
            self.WORKERS.pop(worker.pid)  # out of gunicorn's sight: who looks at a variable for six minutes does not hang
        try:
            super().murder_workers()
        finally:
            self.WORKERS.update((worker.pid, worker) for worker in held)

    def retire(self, worker: Worker) -> None:
        """Let it end what it is at, and go. Nothing waits for it."""
        worker.retired, worker.retired_at = True, time.monotonic()
        worker.channel.tell({"do": "retire"})
        self.kill_worker(worker.pid, signal.SIGTERM)

    def _relieve(self, worker: Worker) -> None:
        """A worker that a debugger has left slower than it was: another one takes its place as soon as it is ready."""
        if worker.retired or worker not in self.current() or self.updating is not None or self.stopping:
            return
        if not any(other.relieves is worker for other in self.WORKERS.values()):
            self.log.info("The debugger has left. Another worker takes the place of pid:%s; its state starts anew.", worker.pid)
            self.spawn(self.serving).relieves = worker

    def push_out_retired(self) -> None:
        for worker in list(self.WORKERS.values()):
            if worker.retired and time.monotonic() - worker.retired_at > RETIREMENT_GRACE:
                state, flags, _ = self.gate.read(worker.slot)
                if state != RUNNING and not flags & (ATTACHED | HELD):
                    self.kill_worker(worker.pid, signal.SIGKILL)

    def _listen_to(self, worker: Worker) -> None:
        for message in worker.channel.heard():
            if "reply" in message:
                self.commands.replied(message)
                continue
            event = message.get("event")
            if event == "ready":
                self._became_ready(worker, message)
            elif event == "failed":
                worker.failed = message["failure"]
            elif event == "waiting":
                self.control.announce({"event": "waiting", "pid": worker.pid})
            elif event == "worn":
                self._relieve(worker)
            elif event == "child":
                self.control.announce(message)
        if worker.channel.ended:
            self.selector.unregister(worker.channel.arbiter_end)  # waitpid tells the rest

    def _became_ready(self, worker: Worker, message: dict[str, Any]) -> None:
        if self.stopping:
            return  # its last words: the gate is closed for good
        worker.ready, worker.init_seconds = True, message["seconds"]
        self.learning.not_now()
        self.bytecode.not_now()
        self.learning.hear(message["libraries"], message["files"])
        if self.updating is not None and worker in self.updating.candidates:
            self.updating.check()
        elif worker.generation == self.serving.number:
            self._respawn_pause = 0.0
            worn = worker.relieves
            if worn is not None and worn in self.current():
                # A debugger that has come back meanwhile stays where it is.
                self.retire(worker if self.gate.read(worn.slot)[1] & ATTACHED else worn)
            if self.gate.generation == 0 and not self._take_over():
                return
            first, self.ever_ready = not self.ever_ready, True
            self.control.announce({"event": "ready" if first else "worker-started", "pid": worker.pid, **self.commands.brief()})

    def _take_over(self) -> bool:
        """Take the place of the service whose sockets we share, once all workers are ready. It lets go first: no old answer
        comes after a new one. If it is gone already, so much the better."""
        if not all(worker.ready for worker in self.current()):
            return False
        ask_to_yield(self.options.replace)
        self.gate.open_to(self.serving.number, 0.5)
        for worker in self.current():
            worker.channel.tell({"do": "admit"})
        return True

    def reap_workers(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            worker = self.WORKERS.get(pid)
            if worker is None:
                continue  # a trial import's, a compiler's, or an orphan that came to us as process 1 of a container
            if worker.channel.arbiter_end in self.selector.get_map():
                self._listen_to(worker)  # its last words
            if worker.channel.arbiter_end in self.selector.get_map():
                self.selector.unregister(worker.channel.arbiter_end)
            del self.WORKERS[pid]
            worker.channel.close()
            self.commands.died(worker)
            self.gate.free_slot(worker.slot)
            worker.tmp.close()
            self.cfg.child_exit(self, worker)
            self._buried(worker, status)

    def _buried(self, worker: Worker, status: int) -> None:
        if self.stopping or worker.retired:
            return
        why = worker.failed or failure.of_death(status, not worker.ready)
        if self.updating is not None and worker in self.updating.candidates:
            self.updating.fail(why)
            return
        self.log.error("Worker (pid:%s) ended: %s", worker.pid, _say(why))
        if worker.ready:
            self.control.announce({"event": "worker-died", "pid": worker.pid, "failure": why, **self.commands.brief()})
            return
        self.last_failure = why
        if self._held_back():
            return
        others = any(w.ready for w in self.current())
        if not self.ever_ready or (why.get("phase") != "run" and worker.failed and not others):
            # The first start failed, or the script does not boot any more (its model is gone): the service has crashed,
            # as the server's own launcher would have it.
            raise HaltServer("Worker failed to boot.", self.WORKER_BOOT_ERROR)
        self._respawn_pause = min(SLOWEST_RESPAWN, self._respawn_pause * 2 or 0.5)
        self.respawn_at = time.monotonic() + self._respawn_pause


def _say(why: failure.Failure) -> str:
    if why["chain"]:
        return "%(type)s: %(message)s" % why["chain"][0]
    if "signal" in why:
        return "killed by " + str(why["signal"])
    return "exit code %s" % why.get("exit_code", "unknown")
