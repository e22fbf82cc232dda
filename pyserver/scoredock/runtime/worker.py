"""gunicorn's sync worker, which is what the server uses, with the door guarded and a line to the arbiter."""

from __future__ import annotations

import errno
import importlib
import os
import select
import signal
import sys
import time
from typing import Any

from gunicorn import util
from gunicorn.workers.sync import SyncWorker

from . import failing, failure, preload, sources
from .channel import Channel, Message
from .configuration import Configuration
from .gate import IDLE, RUNNING, WAITING, Gate

# What a worker can be asked while it runs: command -> the module of this package whose ``answer(worker, message)`` does it.
# The module is imported when it is first asked for, so that what nobody uses costs nothing.
COMMANDS = {"stack": "stack", "attach": "debug", "detach": "debug", "locate": "locate", "failed": "failing"}


class Worker(SyncWorker):
    """One process that runs user code. The arbiter sets these before the fork."""

    gate: Gate
    slot: int
    generation: int
    channel: Channel
    snapshot: dict[str, bytes]
    spelled: dict[str, bytes]
    preloaded_loggers: set[str]
    configuration: Configuration
    newest_module: str  # that was loaded before the fork
    hold: bool  # wait for a debugger before any user code

    failed: failure.Failure | None  # in the arbiter: what it said before it died
    asked: set[int]  # in the arbiter: requests it has not answered
    ready = False  # in the arbiter: it said so
    retired = False  # in the arbiter: it was told to go
    retired_at = 0.0
    relieves: Worker | None = None  # in the arbiter: which other one it takes the place of
    init_seconds = 0.0
    released = False

    def load_wsgi(self) -> None:
        self.channel.listen(self._answer, self._orphaned)
        if self.hold:
            self._wait_for_debugger()
        began = time.monotonic()
        try:
            sources.use(self.snapshot)
            sources.remember_lines(self.spelled)
            _reseed()
            self.configuration.refresh(self.preloaded_loggers)
            super().load_wsgi()
            failing.watch()
        except BaseException as error:
            self.channel.say({"event": "failed", "failure": failure.of_exception(error)})
            raise
        seconds = time.monotonic() - began
        libraries, files = preload.loaded_since(self.newest_module)
        self.gate.mark(self.slot, IDLE)
        self.channel.say({"event": "ready", "seconds": seconds, "libraries": libraries, "files": files})

    def run(self) -> None:
        # A candidate of an update: ready, but the old code still answers.
        while self.alive and self.gate.generation < self.generation:
            self.notify()
            self._sleep(1.0)
        super().run()

    def accept(self, listener: Any) -> None:
        gate = self.gate
        if not gate.enter(self.generation):
            self.alive = False  # newer code answers; whoever knocks is its business
            raise BlockingIOError(errno.EAGAIN, "retired")
        try:
            client, address = listener.accept()
        finally:
            gate.leave()
        client.setblocking(1)
        util.close_on_exec(client)
        gate.mark(self.slot, RUNNING)
        try:
            self.handle(listener, client, address)
        finally:
            gate.mark(self.slot, IDLE)

    def wait(self, timeout: float) -> Any:
        return super().wait(timeout) if self.alive else None

    def _sleep(self, seconds: float) -> None:
        if select.select([self.PIPE[0]], [], [], seconds)[0]:
            os.read(self.PIPE[0], 64)

    def _wake(self) -> None:
        try:
            os.write(self.PIPE[1], b".")
        except OSError:
            pass  # full: it will wake anyhow

    def _wait_for_debugger(self) -> None:
        self.gate.flag(self.slot, self.gate.read(self.slot)[1] | WAITING)
        self.channel.say({"event": "waiting"})
        while self.alive and not self.released:
            self.notify()
            self._sleep(1.0)
        if not self.alive:
            sys.exit(0)
        self.gate.flag(self.slot, self.gate.read(self.slot)[1] & ~WAITING)

    # In the control thread.

    def release(self) -> None:
        """Let a worker that waits for a debugger go on into user code."""
        self.released = True
        self._wake()

    def _answer(self, message: Message) -> None:
        command = message["do"]
        if command == "admit":
            self._wake()
        elif command == "retire":
            self.alive = False
            self._wake()
        else:
            self.channel.say({"reply": message["id"], "answer": self._asked(command, message)})

    def _asked(self, command: str, message: Message) -> Message:
        if command == "continue":
            self.release()
            return {"ok": True}
        try:
            module = importlib.import_module("." + COMMANDS[command], __package__)
            answer: Message = module.answer(self, message)
        except Exception as error:
            return {"ok": False, "error": "%s: %s" % (type(error).__name__, error)}
        return answer

    def _orphaned(self) -> None:
        # The arbiter was killed. gunicorn's worker would notice after half its timeout, 150 s, and keep the port.
        os.kill(os.getpid(), signal.SIGTERM)
        self.alive = False
        self._wake()
        time.sleep(3)
        os._exit(1)


def _reseed() -> None:
    # A library that draws its seed at import would draw the same in every worker. (gunicorn does this for ``random``.)
    numpy = sys.modules.get("numpy.random")
    if numpy is not None:
        numpy.seed()
