"""The parent of all workers: gunicorn's arbiter with its loop replaced.

gunicorn's own loop differs from version to version (20: handlers in signals; 25 and later: a queue), ends when a worker
fails to boot, and on HUP sends the old workers away before the new ones have booted. This one keeps what gunicorn does to
make a worker and to open the port, and does the rest itself: one selector for signals, the control socket and the
workers' channels; an update that switches only when the new code is ready; the same for every gunicorn from 20 on.
"""

from __future__ import annotations

import argparse
import os
import selectors
import signal
import sys
import time
from typing import Any, NamedTuple

from gunicorn import util
from gunicorn.arbiter import Arbiter as GunicornArbiter
from gunicorn.errors import HaltServer
from gunicorn.sock import close_sockets

from . import failure
from .bytecode import Bytecode
from .channel import Channel
from .commands import Commands
from .configuration import Configuration
from .control import Server, ask_to_yield
from .gate import ATTACHED, HELD, RUNNING, WAITING, Gate
from .learning import Learning
from .preload import Preloaded, Tainted, last_module
from .record import write_record
from .update import Generation, Update
from .worker import Worker

STOP_GRACE = 3.0  # seconds for requests in flight when the service is stopped
RETIREMENT_GRACE = 2.0  # seconds for a worker without a request to go, once told to
SLOWEST_RESPAWN = 30.0  # seconds between tries when a worker cannot boot any more


class Start(NamedTuple):
    """What the launcher has made ready. ``again`` is the command that starts it once more, without a library."""

    options: argparse.Namespace
    control: Server
    script: str
    again: list[str]


class Arbiter(GunicornArbiter):
    """See the module."""

    WORKERS: dict[int, Worker]
    LISTENERS: list[Any]

    def __init__(self, app: Any, begin: Start) -> None:
        super().__init__(app)
        self.WORKERS = {}
        self.options = begin.options
        self.script = begin.script
        self.gate = Gate()
        self.selector = selectors.DefaultSelector()
        self.configuration = Configuration()
        self.updating: Update | None = None
        self.learning = Learning(self, Preloaded(begin.options.skip))
        self.serving = Generation(1, self.learning.read_sources())
        self.making = self.serving  # whose worker is being forked
        self._again = begin.again
        self.commands = Commands(self)
        self.bytecode = Bytecode()
        self.control = begin.control
        self.ever_ready = False
        self.last_failure: failure.Failure | None = None
        self.stopping = False
        self.grace = STOP_GRACE
        self.replaced = False  # another service has our sockets and goes on
        self._signals: list[int] = []
        self._wake = os.pipe()
        self._wanted_update: tuple[float | None, list[Any]] | None = None
        self._respawn_at = 0.0
        self._respawn_pause = 0.0

    def preload(self) -> None:
        """Import before the first fork what the server and the script will need. May end in a fresh start of this process."""
        self.configuration.load()
        hints = [name for name in self.options.preload.split(",") if name]
        try:
            self.learning.preloaded.take([*self.serving.libraries, *hints])
        except Tainted as taint:
            # An import cannot be undone, a process can: same pid, same inherited socket, without that library.
            os.execv(sys.executable, [*self._again, "--skip", taint.module])  # noqa: S606 - there is no shell in it

    # The loop.

    def run(self) -> None:
        self.start()
        util._setproctitle("master [%s]" % self.proc_name)
        try:
            for end in self._wake:
                os.set_blocking(end, False)
            self.selector.register(self._wake[0], selectors.EVENT_READ, self._drain_wake)
            self.control.serve(self.selector, self.commands.received)
            if not self.options.replace:
                self.gate.open_to(1, 0.0)
            self.manage_workers()
            while True:
                for key, events in self.selector.select(self._pause()):
                    key.data(events)
                while self._signals:
                    self._handle(self._signals.pop(0))
                self.reap_workers()
                self._tick()
        except (StopIteration, KeyboardInterrupt):
            self._end(None, 0)
        except HaltServer as reason:
            self._end(reason.reason, reason.exit_status)
        except Exception:  # the worker leaves this frame with SystemExit, which is none
            self.log.error("Unhandled exception in main loop", exc_info=True)
            self.stop(False)
            sys.exit(-1)

    def _pause(self) -> float:
        """Seconds to sleep when nothing happens: short only while something is under way."""
        if self.learning.has_work and self.updating is None:
            return 0.0
        if self.updating is not None or self._respawn_at or any(w.retired for w in self.WORKERS.values()):
            return 0.1
        return 1.0

    def _tick(self) -> None:
        self._start_update()
        if self.updating is not None:
            self.updating.check()
        self.murder_workers()
        self._push_out_retired()
        self._let_go()
        self.manage_workers()
        self.learning.step()
        if self.ever_ready and self.updating is None:
            self.bytecode.step()

    def _drain_wake(self, _: int) -> None:
        try:
            while os.read(self._wake[0], 512):
                pass
        except OSError:
            pass

    # Signals.

    def init_signals(self) -> None:
        self.log.close_on_exec()
        for number in [*self.SIGNALS, signal.SIGCHLD]:
            signal.signal(number, self._note)

    def _note(self, number: int, _: Any) -> None:
        self._signals.append(number)
        try:
            os.write(self._wake[1], b".")
        except OSError:
            pass  # full: the loop will wake anyhow

    def _handle(self, number: int) -> None:
        if number == signal.SIGTERM:
            raise StopIteration
        if number in (signal.SIGINT, signal.SIGQUIT):
            self.stop(False)
            raise StopIteration
        if number == signal.SIGHUP:
            self.begin_update(None, None)
        elif number == signal.SIGUSR1:
            self.log.reopen_files()

    # Workers.

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
        for end in self._wake:
            os.close(end)
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
    def holding(self) -> bool:
        """Whether new workers wait for a debugger: at the start if told to, and as long as a debugger watches."""
        return self.options.wait_for_debugger or any(connection.holding for connection in self.control.connections)

    def _let_go(self) -> None:
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
        if len(workers) < self.num_workers and time.monotonic() >= self._respawn_at and not self._held_back():
            self._respawn_at = 0.0
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

    def _push_out_retired(self) -> None:
        for worker in list(self.WORKERS.values()):
            if worker.retired and time.monotonic() - worker.retired_at > RETIREMENT_GRACE:
                state, flags, _ = self.gate.read(worker.slot)
                if state != RUNNING and not flags & (ATTACHED | HELD):
                    self.kill_worker(worker.pid, signal.SIGKILL)

    def _listen_to(self, worker: Worker) -> None:
        messages = worker.channel.heard()
        for message in messages:
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
            elif event == "child":
                self.control.announce(message)
        if not messages:
            self.selector.unregister(worker.channel.arbiter_end)  # closed; waitpid tells the rest

    def _became_ready(self, worker: Worker, message: dict[str, Any]) -> None:
        worker.ready, worker.init_seconds = True, message["seconds"]
        self.learning.not_now()
        self.bytecode.not_now()
        self.learning.hear(message["libraries"], message["files"])
        if self.updating is not None and worker in self.updating.candidates:
            self.updating.check()
        elif worker.generation == self.serving.number:
            self._respawn_pause = 0.0
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

    # Deaths.

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
        self._respawn_at = time.monotonic() + self._respawn_pause

    # Updates.

    def begin_update(self, deadline: float | None, waiter: Any) -> None:
        """Start workers with the code that is on the disk now, when the loop comes round (a worker is forked from there,
        not from inside a connection's handler). One update at a time: a newer one takes over the waiting clients of the
        older, whose candidates are dropped."""
        earlier = [] if self._wanted_update is None else self._wanted_update[1]
        self._wanted_update = (deadline, earlier if waiter is None else [*earlier, waiter])

    def _start_update(self) -> None:
        if self._wanted_update is None:
            return
        (deadline, waiters), self._wanted_update = self._wanted_update, None
        if self.updating is not None:
            waiters = self.updating.abandon() + waiters
        if not self.ever_ready:
            for worker in self.current():
                worker.retired = True
                self.kill_worker(worker.pid, signal.SIGKILL)
        self.learning.finish()
        self.updating = Update(self, self.learning.read_sources(), deadline, waiters)
        self.updating.start()

    # The end.

    def stop(self, graceful: bool = True) -> None:
        self.stopping = True
        close_sockets(self.LISTENERS, False)
        self.LISTENERS = []
        self.gate.open_to(0, 0.2)
        for worker in self.WORKERS.values():
            worker.channel.tell({"do": "retire"})
        self.kill_workers(signal.SIGTERM if graceful else signal.SIGQUIT)
        grace = self.grace if graceful else 1.0
        limit = time.monotonic() + grace
        while self.WORKERS and time.monotonic() < limit:
            self.reap_workers()
            busy = any(self.gate.read(w.slot)[0] == RUNNING for w in self.WORKERS.values())
            if not busy and time.monotonic() > limit - grace + 1.0:
                break
            time.sleep(0.01)
        self.kill_workers(signal.SIGKILL)
        while self.WORKERS and time.monotonic() < limit + 1.0:
            self.reap_workers()
            time.sleep(0.01)

    def note_stopped(self) -> None:
        """Tell whoever looks for the service on the disk that its end is meant."""
        write_record(self.options.record, "stopped", {})

    def _end(self, reason: str | None, status: int) -> None:
        if status:
            why = self.last_failure or {"phase": "server", "chain": [], "traceback": ""}
            write_record(self.options.record, "failure.json", why)
            if self.updating is not None:
                self.updating.fail(why)
            self.control.announce({"event": "crashed", "failure": why})
        else:
            self.note_stopped()
            self.control.announce({"event": "stopped", "replaced": self.replaced})
        self.stop()
        if reason:
            self.log.error("Shutting down: %s", reason)
        self.control.close()
        self.cfg.on_exit(self)
        sys.exit(status)


def _say(why: failure.Failure) -> str:
    if why["chain"]:
        return "%(type)s: %(message)s" % why["chain"][0]
    if "signal" in why:
        return "killed by " + str(why["signal"])
    return "exit code %s" % why.get("exit_code", "unknown")
