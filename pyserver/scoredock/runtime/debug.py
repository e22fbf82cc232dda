"""The debugger inside a worker: there when somebody asks for it, without a trace when they leave.

Nothing of debugpy is imported before the first ``attach`` (PROTOCOL.md). Its in-process adapter then speaks the Debug
Adapter Protocol over one connection to a socket that only this user can open, made for that connection and removed with
it: debugpy's own way, a TCP port that anybody on the machine may use, is never opened.

``debugpy.listen`` works once in a process. So the debugger stays loaded after a client has left, only its tracing is taken
away (debug_tracing.py), and the next client finds it again: the worker keeps its state.
"""

from __future__ import annotations

import importlib
import os
import queue
import socket
import sys
import threading
import time
from typing import Any

from . import private_socket, sources
from .debug_children import Children
from .debug_timeout import ScoringTimeout
from .debug_tracing import Tracing, overlook, overlook_this_thread
from .gate import ATTACHED, HELD, WAITING

PATIENCE = 20.0  # seconds in which the client has to open the socket
# Before Python 3.10 the interpreter counts the threads that were ever traced, and is a fifth slower while there was one.
LEAVES_A_TRACE = sys.version_info < (3, 10)


def answer(worker: Any, message: dict[str, Any]) -> dict[str, Any]:
    """``attach`` and ``detach`` of PROTOCOL.md."""
    if message["do"] == "detach":
        for debugger in _opened:
            debugger.hang_up()
        return {"ok": True}
    if not _opened:
        _opened.append(Debugger(worker, message["library"]))
    path = _opened[0].open(message["folder"], bool(message.get("children")))
    return {
        "ok": True,
        "socket": path,
        "python": "%d.%d" % sys.version_info[:2],
        "code": list(sources._roots["code"]),
        "libraries": list(sources._roots["libraries"]),
        "runtime": os.path.dirname(os.path.abspath(__file__)),
        "models": os.environ.get("AZUREML_MODEL_DIR"),
    }


class Busy(Exception):
    """Somebody else is debugging this worker."""


class Debugger:
    """debugpy in this process. Methods are called by the control thread, never by one that runs user code."""

    def __init__(self, worker: Any, library: str) -> None:
        self._worker = worker
        self._timeout = ScoringTimeout()
        self._tracing = Tracing()
        self._connection: socket.socket | None = None
        self._watcher: threading.Thread | None = None
        self._handover = _Handover()
        self._attached = False  # a client is there, or may come
        self._flags = 0
        self._flagging = threading.Lock()
        overlook(threading.current_thread())
        # While user code computes, every wait for the interpreter's lock lasts a switch interval: an import waits often.
        interval = sys.getswitchinterval()
        sys.setswitchinterval(0.0002)
        try:
            self._pydevd = self._load(library)
        finally:
            sys.setswitchinterval(interval)
        self._pydevd.add_dap_messages_listener(self)
        self._db = self._pydevd.get_global_debugger()
        self._tracing.take(self._db)
        self._children = Children(worker, self._tracing)

    def _load(self, library: str) -> Any:
        own: Any = sys.modules.get("pydevd")
        if own is not None and own.get_global_debugger() is not None:
            raise Busy("the script has started a debugger itself; take that out, update, and attach again")
        # debugpy complains of frozen modules, which are never the user's.
        quiet = {"PYDEVD_DISABLE_FILE_VALIDATION": "1"}
        before = {name: os.environ.get(name) for name in (*quiet, "PYDEVD_USE_FRAME_EVAL")}
        os.environ.update(quiet)
        sys.path.insert(0, library)
        try:
            debugpy = importlib.import_module("debugpy")
            importlib.import_module("debugpy.server.api")
        finally:
            sys.path.remove(library)
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
        pydevd: Any = importlib.import_module("pydevd")
        pydevd.create_server_socket = lambda host, port: self._handover
        debugpy.listen(("127.0.0.1", 0), in_process_debug_adapter=True)
        return pydevd

    def open(self, folder: str, children: bool) -> str:
        """Make the socket for one client; returns its path. ``children``: processes that user code starts are for it too.
        Raises `Busy` while another client is there."""
        if self._watcher is not None:
            self._watcher.join(0.5)  # one that has just left
            if self._watcher.is_alive():
                raise Busy("a debugger is attached already; disconnect it first")
        path = os.path.join(folder, "d%d" % os.getpid())
        listener = private_socket.listen(path, 1)
        self._tracing.start()
        overlook_this_thread()
        if children:
            self._children.follow(folder)
        self._attached = True
        self._flag(ATTACHED)  # before the thread: whoever asks for the state after our answer must see it
        self._timeout.suspend()
        self._watcher = threading.Thread(target=self._watch, args=(listener, path), name="scoredock.debug", daemon=True)
        overlook(self._watcher)
        self._watcher.start()
        return path

    def hang_up(self) -> None:
        """Send the client away; what was stopped goes on."""
        connection = self._connection
        if connection is not None:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    # pydevd tells these of every message; the type is its IDAPMessagesListener.

    def before_send(self, message: dict[str, Any]) -> None:
        event = message.get("event")
        if event in ("stopped", "continued"):
            self._flag(ATTACHED | (HELD if event == "stopped" else 0))

    def after_receive(self, message: dict[str, Any]) -> None:
        pass

    # One client, from the thread that waits for it.

    def _watch(self, listener: socket.socket, path: str) -> None:
        try:
            self._connection = private_socket.accept_one(listener, path, PATIENCE)
            if self._connection is not None:
                self._handover.give(self._connection)
                self._until_gone(self._connection)
        finally:
            self._connection = None
            if self._db.is_attached() or self._flags & HELD:  # it left without a word
                importlib.import_module("_pydevd_bundle.pydevd_api").PyDevdAPI().request_disconnect(self._db, resume_threads=True)
            self._children.leave()
            self._tracing.stop()
            self._timeout.restore()
            self._attached = False
            self._worker.notify()  # the worker's timeout counts from now on, not from before the breakpoint
            self._flag(0)
            if LEAVES_A_TRACE:
                self._worker.channel.say({"event": "worn"})

    def _until_gone(self, connection: socket.socket) -> None:
        configured = False
        reader = None
        while reader is None or reader.is_alive():
            time.sleep(0.05)
            current = getattr(self._db, "reader", None)
            if reader is None and getattr(current, "sock", None) is connection:
                reader = current
            configured = configured or self._db.is_attached()
            if configured and not self._db.is_attached():
                self.hang_up()  # it has said goodbye
                if reader is not None:
                    reader.join(1.0)
                return
            self._flag()  # the main thread may have overwritten them when it stopped waiting
            self._timeout.suspend()  # the server may have been loaded since

    def _flag(self, flags: int | None = None) -> None:
        """``None`` says again what was said last: looked up under the lock, or a breakpoint hit meanwhile would be unsaid."""
        with self._flagging:
            flags = self._flags if flags is None else flags
            # pydevd's last words may come when the client has gone and the watcher has cleared everything.
            self._flags = flags if self._attached else 0
            self._worker.gate.flag(self._worker.slot, self._flags | self._waiting())

    def _waiting(self) -> int:
        return WAITING if self._worker.hold and not self._worker.released else 0


_opened: list[Debugger] = []  # one at most: a process has one debugger


class _Handover:
    """What pydevd takes for its listening socket: connections come from us."""

    def __init__(self) -> None:
        self._connections: queue.Queue[socket.socket | None] = queue.Queue()

    def give(self, connection: socket.socket) -> None:
        self._connections.put(connection)

    def listen(self, backlog: int) -> None:
        pass

    def getsockname(self) -> tuple[str, int]:
        return "no port", 0

    def accept(self) -> tuple[socket.socket, str]:
        connection = self._connections.get()
        if connection is None:
            raise OSError("closed")
        return connection, ""

    def close(self) -> None:
        self._connections.put(None)
