"""What can be asked over the control socket; PROTOCOL.md has every message."""

from __future__ import annotations

import itertools
import os
import platform
import signal
from typing import TYPE_CHECKING, Any, Callable

import gunicorn

from .configuration import SERVER
from .gate import ATTACHED, BOOTING, HELD, IDLE, RUNNING, WAITING
from .worker import COMMANDS

if TYPE_CHECKING:
    from .arbiter import Arbiter
    from .control import Connection, Message
    from .worker import Worker

PROTOCOL = 1
BUSY_AFTER = 0.5  # seconds inside one request; a worker that answers quickly is not busy
YIELD_GRACE = 30.0  # seconds for requests in flight when another service goes on in our place
STATES = {BOOTING: "booting", IDLE: "idle", RUNNING: "running"}
FLAGS = ((ATTACHED, "attached"), (HELD, "held"), (WAITING, "waiting"))


class Commands:
    """Answers requests; those that a worker must answer are passed on to it."""

    def __init__(self, arbiter: Arbiter) -> None:
        self._arbiter = arbiter
        self._ids = itertools.count(1)
        self._asked: dict[int, Callable[[Message], None]] = {}
        self._own: dict[str, Callable[[Connection, Message], None]] = {
            "status": lambda connection, _: connection.send({"ok": True, **self.status()}),
            "watch": self._watch,
            "hold": self._hold,
            "update": self._update,
            "stop": self._stop,
            "listeners": self._listeners,
            "yield": self._yield,
        }

    def received(self, connection: Connection, request: Message) -> None:
        command = request["command"]
        if command in self._own:
            self._own[command](connection, request)
        elif command in COMMANDS or command == "continue":
            self._pass_on(connection, request)
        else:
            known = ", ".join(sorted([*self._own, *COMMANDS, "continue"]))
            connection.send({"ok": False, "error": "no such command: %s (there are %s)" % (command, known)})

    def _watch(self, connection: Connection, _: Message) -> None:
        connection.watching = True
        connection.send({"ok": True, **self.status()})

    def _hold(self, connection: Connection, request: Message) -> None:
        connection.holding = True
        self._watch(connection, request)

    def _update(self, connection: Connection, request: Message) -> None:
        self._arbiter.learning.not_now()
        deadline = request.get("deadline")
        self._arbiter.begin_update(float(deadline) if deadline is not None else None, connection)

    def _stop(self, connection: Connection, _: Message) -> None:
        connection.send({"ok": True})
        os.kill(os.getpid(), signal.SIGTERM)

    def _listeners(self, connection: Connection, _: Message) -> None:
        descriptors = [listener.fileno() for listener in self._arbiter.LISTENERS]
        connection.send_descriptors({"ok": True, "count": len(descriptors)}, descriptors)

    def _yield(self, connection: Connection, _: Message) -> None:
        while not self._arbiter.gate.open_to(0, 0.5):
            for worker in self._arbiter.WORKERS.values():
                self._arbiter.kill_worker(worker.pid, signal.SIGKILL)
        self._arbiter.grace, self._arbiter.replaced = YIELD_GRACE, True
        self._arbiter.note_stopped()
        self._stop(connection, {})

    def _pass_on(self, connection: Connection, request: Message) -> None:
        if request["command"] == "continue":
            self._arbiter.options.wait_for_debugger = False  # the start is over: from now on whoever holds decides
        workers = self._addressed(request.get("worker"))
        if not workers:
            connection.send({"ok": False, "error": "there is no such worker"})
            return
        waiting = {worker.pid for worker in workers}
        answers: list[Message] = []

        def collect(pid: int) -> Callable[[Message], None]:
            def one(answer: Message) -> None:
                answers.append({"pid": pid, **answer})
                waiting.discard(pid)
                if not waiting:
                    connection.send({"ok": all(a.get("ok") for a in answers), "workers": answers})

            return one

        for worker in workers:
            number = next(self._ids)
            self._asked[number] = collect(worker.pid)
            worker.asked.add(number)
            worker.channel.tell({**request, "do": request["command"], "id": number})

    def _addressed(self, pid: Any) -> list[Worker]:
        arbiter = self._arbiter
        if pid is not None:
            return [worker for worker in arbiter.WORKERS.values() if worker.pid == pid]
        # Candidates too: one of them may wait for a debugger.
        updating = arbiter.updating
        return [*arbiter.current(), *(updating.candidates if updating is not None else ())]

    def replied(self, message: Message) -> None:
        answered = self._asked.pop(message["reply"], None)
        if answered is not None:
            answered(message["answer"])

    def died(self, worker: Worker) -> None:
        """Whoever waits for its answer gets one."""
        for number in list(worker.asked):
            self.replied({"reply": number, "answer": {"ok": False, "error": "the worker ended"}})

    def brief(self) -> Message:
        arbiter = self._arbiter
        return {"generation": arbiter.serving.number, "workers": [self._worker(w) for w in arbiter.WORKERS.values()]}

    def status(self) -> Message:
        arbiter = self._arbiter
        current = arbiter.current()
        ready = [worker for worker in current if worker.ready]
        flags = [arbiter.gate.read(worker.slot)[1] for worker in current]
        if any(flag & (HELD | WAITING) for flag in flags):
            state = "held"
        elif arbiter.ever_ready and not arbiter.probes.passing:
            state = "unhealthy"
        elif not ready:
            state = "starting"
        elif all(worker.ready and self._is_busy(worker) for worker in current):
            state = "busy"
        else:
            state = "healthy"
        return {
            "state": state,
            "pid": os.getpid(),
            "updating": arbiter.updating is not None,
            "init_seconds": max((worker.init_seconds for worker in ready), default=None),
            "last_failure": arbiter.last_failure,
            "probes": arbiter.probes.status(),
            "preloaded": sorted(arbiter.learning.preloaded.done),
            "not_preloaded": arbiter.learning.preloaded.refused,
            "postponed": arbiter.learning.postponed,
            "libraries": sorted(arbiter.learning.seen),
            "fork_safe": arbiter.learning.fork_safe,
            "versions": {"python": platform.python_version(), "gunicorn": gunicorn.__version__, "server": _server_version()},
            "protocol": PROTOCOL,
            **self.brief(),
        }

    def _is_busy(self, worker: Worker) -> bool:
        state, _, seconds = self._arbiter.gate.read(worker.slot)
        return state == RUNNING and seconds > BUSY_AFTER

    def _worker(self, worker: Worker) -> Message:
        state, flags, seconds = self._arbiter.gate.read(worker.slot)
        return {
            "pid": worker.pid,
            "generation": worker.generation,
            "state": "retiring" if worker.retired else STATES[state],
            "seconds": round(seconds, 3),
            "flags": [name for bit, name in FLAGS if flags & bit],
        }


def _server_version() -> str:
    import sys

    return str(getattr(sys.modules.get(SERVER), "__version__", "unknown"))
