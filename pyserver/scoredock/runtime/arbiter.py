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
from gunicorn.errors import HaltServer
from gunicorn.sock import close_sockets

from . import log_limit
from .commands import Commands
from .control import Server
from .crew import Crew
from .gate import RUNNING
from .learning import Learning
from .preload import Preloaded, Tainted
from .probes import Probes
from .record import write_record
from .update import Generation, Update
from .worker import Worker

STOP_GRACE = 3.0  # seconds for requests in flight when the service is stopped


class Start(NamedTuple):
    """What the launcher has made ready. ``told``: start.json; ``again``: the command that starts it once more, without a
    library."""

    options: argparse.Namespace
    control: Server
    script: str
    told: dict[str, Any]
    again: list[str]


class Arbiter(Crew):
    """See the module; the workers themselves are in ``crew``."""

    LISTENERS: list[Any]

    def __init__(self, app: Any, begin: Start) -> None:
        super().__init__(app)
        self.options = begin.options
        self.script = begin.script
        self.control = begin.control
        self.learning = Learning(self, Preloaded(begin.options.skip))
        self.serving = self.making = Generation(1, self.learning.read_sources())
        self.commands = Commands(self)
        self.probes = Probes(begin.told.get("probes", {}), self.selector)
        self.grace = STOP_GRACE
        self.replaced = False  # another service has our sockets and goes on
        self._hints = begin.told.get("preload", [])
        self._log_limit = int(begin.told.get("log_limit", log_limit.LIMIT))
        self._again = begin.again
        self._signals: list[int] = []
        self._wake = os.pipe()
        self._wanted_update: tuple[float | None, list[Any]] | None = None
        self._probe_at = 0.0

    def preload(self) -> None:
        """Import before the first fork what the server and the script will need. May end in a fresh start of this process."""
        self.configuration.load()
        try:
            self.learning.preloaded.take([*self.serving.libraries, *self._hints])
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
        if self.updating is not None or self.respawn_at or any(w.retired for w in self.WORKERS.values()):
            return 0.1
        return min(1.0, max(0.0, self._probe_at - time.monotonic()))

    def _tick(self) -> None:
        self._start_update()
        if self.updating is not None:
            self.updating.check()
        self.murder_workers()
        self.push_out_retired()
        self.let_go()
        self.manage_workers()
        self.learning.step()
        if self.ever_ready and self.updating is None:
            self.bytecode.step()
        self._probe_at = self.probes.step(self.LISTENERS[0], asleep=not self.ever_ready or self.held)
        log_limit.keep_within(1, self._log_limit)

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

    def after_fork(self, worker: Worker) -> None:
        super().after_fork(worker)
        self.probes.after_fork()
        for end in self._wake:
            os.close(end)

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
        self.probes.forget()
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
