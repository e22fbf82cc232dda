"""The debugger inside a worker: there when somebody asks for it, without a trace when they leave.

Nothing of debugpy is imported before the first ``attach`` (PROTOCOL.md). Its in-process adapter then speaks the Debug
Adapter Protocol over one connection to a socket that only this user can open, made for that connection and removed with
it: debugpy's own way, a TCP port that anybody on the machine may use, is never opened.

On Python 3.11 and older a tracing function slows every call (3 to 11 times), also when no client is there any more, and
``debugpy.listen`` works once in a process. So the debugger stays loaded after a client has left, the tracing is taken
away, and the next client finds it again: the worker keeps its state.
"""

from __future__ import annotations

import ctypes
import importlib
import inspect
import os
import queue
import signal
import socket
import sys
import threading
import time
from typing import Any, Callable

from . import sources
from .gate import ATTACHED, HELD, WAITING

PATIENCE = 20.0  # seconds in which the client has to open the socket
OLD_TRACING = sys.version_info < (3, 12)  # newer Pythons have sys.monitoring, which costs nothing where nothing is watched


def answer(worker: Any, message: dict[str, Any]) -> dict[str, Any]:
    """``attach``, ``detach`` and ``locate`` of PROTOCOL.md."""
    if message["do"] == "locate":
        return {"ok": True, "run": _first_line_of_run()}
    if message["do"] == "detach":
        for debugger in _opened:
            debugger.hang_up()
        return {"ok": True}
    if not _opened:
        _opened.append(Debugger(worker, message["library"]))
    path = _opened[0].open(message["folder"])
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
        self._timeout = _ScoringTimeout()
        self._connection: socket.socket | None = None
        self._watcher: threading.Thread | None = None
        self._handover = _Handover()
        self._attached = False  # a client is there, or may come
        self._flags = 0
        self._flagging = threading.Lock()
        _overlook(threading.current_thread())
        # While user code computes, every wait for the interpreter's lock lasts a switch interval: an import waits often.
        interval = sys.getswitchinterval()
        sys.setswitchinterval(0.0002)
        try:
            self._pydevd = self._load(library)
        finally:
            sys.setswitchinterval(interval)
        self._pydevd.add_dap_messages_listener(self)
        self._db = self._pydevd.get_global_debugger()
        self._awake = True

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

    def open(self, folder: str) -> str:
        """Make the socket for one client; returns its path. Raises `Busy` while another client is there."""
        if self._watcher is not None:
            self._watcher.join(0.5)  # one that has just left
            if self._watcher.is_alive():
                raise Busy("a debugger is attached already; disconnect it first")
        _overlook(threading.current_thread())
        path = os.path.join(folder, "d%d" % os.getpid())
        if os.path.exists(path):
            os.unlink(path)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        mask = os.umask(0o177)
        try:
            listener.bind(path)
        finally:
            os.umask(mask)
        listener.listen(1)
        listener.settimeout(PATIENCE)
        if not self._awake:
            self._wake()
        self._attached = True
        self._flag(ATTACHED)  # before the thread: whoever asks for the state after our answer must see it
        self._timeout.suspend()
        self._watcher = threading.Thread(target=self._watch, args=(listener, path), name="scoredock.debug", daemon=True)
        _overlook(self._watcher)
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
            self._connection = self._accepted(listener, path)
            if self._connection is not None:
                self._handover.give(self._connection)
                self._until_gone(self._connection)
        finally:
            self._connection = None
            if self._db.is_attached() or self._flags & HELD:  # it left without a word
                importlib.import_module("_pydevd_bundle.pydevd_api").PyDevdAPI().request_disconnect(self._db, resume_threads=True)
            self._sleep()
            self._timeout.restore()
            self._attached = False
            self._worker.notify()  # the worker's timeout counts from now on, not from before the breakpoint
            self._flag(0)

    def _accepted(self, listener: socket.socket, path: str) -> socket.socket | None:
        try:
            return listener.accept()[0]
        except OSError:
            return None
        finally:
            listener.close()
            if os.path.exists(path):
                os.unlink(path)

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
            self._flag(self._flags)  # the main thread may have overwritten them when it stopped waiting
            self._timeout.suspend()  # the server may have been loaded since

    def _flag(self, flags: int) -> None:
        with self._flagging:
            # pydevd's last words may come when the client has gone and the watcher has cleared everything.
            self._flags = flags if self._attached else 0
            self._worker.gate.flag(self._worker.slot, self._flags | self._waiting())

    def _waiting(self) -> int:
        return WAITING if self._worker.hold and not self._worker.released else 0

    # Tracing.

    def _wake(self) -> None:
        self._db.patch_threads()
        self._db.enable_tracing(self._db.trace_dispatch, apply_to_all_threads=True)
        if OLD_TRACING:
            self._db.set_tracing_for_untraced_contexts()
        self._awake = True

    def _sleep(self) -> None:
        self._awake = False
        if OLD_TRACING:
            threading.settrace(None)
            self._untrace_main_thread()
        else:
            importlib.import_module("_pydevd_sys_monitoring.pydevd_sys_monitoring").stop_monitoring(all_threads=True)
        # The control thread became a thread of ``threading`` when it was looked at; user code shall not count it.
        for identity, thread in list(threading._active.items()):  # type: ignore[attr-defined]
            if isinstance(thread, threading._DummyThread) and getattr(thread, "pydev_do_not_trace", False):
                threading._active.pop(identity, None)  # type: ignore[attr-defined]

    def _untrace_main_thread(self) -> None:
        tracing = importlib.import_module("pydevd_tracing")
        done = threading.Event()

        def look() -> None:
            if self._awake or sys.gettrace() is None:
                done.set()
            else:
                # This may run inside pydevd's trace function, which may set itself again: hence a second look.
                tracing.SetTrace(None)

        for _ in range(50):
            _in_main_thread(look)
            if done.wait(0.02):
                return
        # It computes in C. The calls are kept for it, up to 32.


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


class _ScoringTimeout:
    """The server's own alarm around ``run`` (SCORING_TIMEOUT_MS): none while a debugger is there, the rest of it afterwards.

    The server arms it in ``server/utils.py`` through that module's name ``signal``; this object takes the place of that
    name, so that a script's own use of timers is not touched.
    """

    def __init__(self) -> None:
        self._server: Any = None
        self._lock = threading.Lock()
        self._left = 0.0

    def suspend(self) -> None:
        self._server = sys.modules.get("azureml_inference_server_http.server.utils")
        if self._server is None or self._server.signal is self:
            return
        with self._lock:
            self._server.signal = self
            if signal.getsignal(signal.SIGALRM) is self._server._alarm_handler:
                self._left = signal.setitimer(signal.ITIMER_REAL, 0)[0]

    def restore(self) -> None:
        if self._server is None:
            return
        with self._lock:
            self._server.signal = signal
            if self._left:
                signal.setitimer(signal.ITIMER_REAL, self._left)
                self._left = 0.0

    def setitimer(self, which: int, seconds: float, interval: float = 0.0) -> tuple[float, float]:
        with self._lock:
            if self._server.signal is self:
                before, self._left = self._left, seconds
                return before, 0.0
        return signal.setitimer(which, seconds, interval)

    def __getattr__(self, name: str) -> Any:
        return getattr(signal, name)


def _overlook(thread: threading.Thread) -> None:
    # pydevd stops all threads but its own: those that keep the worker alive and answer the arbiter must go on.
    thread.pydev_do_not_trace = True  # type: ignore[attr-defined]
    thread.is_pydev_daemon_thread = True  # type: ignore[attr-defined]


_pending: list[Any] = []  # callbacks must outlive their call


def _in_main_thread(function: Callable[[], object]) -> None:
    """Run ``function`` in the main thread between two bytecodes of whatever that is doing, soon."""

    def call(_: object) -> int:
        function()
        return 0

    callback = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(call)
    _pending[:] = [*_pending[-63:], callback]
    ctypes.pythonapi.Py_AddPendingCall(callback, None)
    # A main thread that waits for a request, or (Python 3.10 and older) that has the interpreter for itself, would not look
    # for calls. A signal makes it look; gunicorn's workers have a handler for this one, which does nothing.
    if callable(signal.getsignal(signal.SIGWINCH)):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGWINCH)


def _first_line_of_run() -> dict[str, Any] | None:
    """Where the user's ``run`` begins, as its compiled code says: decorators, imports and lambdas are no riddle to it."""
    import dis

    routes: Any = sys.modules.get("azureml_inference_server_http.server.routes")
    script = getattr(getattr(routes, "main_blueprint", None), "user_script", None)
    function = getattr(script, "_user_run", None)
    try:
        function = inspect.unwrap(function)  # type: ignore[arg-type]
    except ValueError:
        return None
    if not inspect.isroutine(function) and callable(function):
        function = function.__call__  # an object of the user's own class
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    if code is None:
        return None
    lines = [line for _, line in dis.findlinestarts(code) if line and line != code.co_firstlineno]
    return {"path": code.co_filename, "line": lines[0] if lines else code.co_firstlineno}
