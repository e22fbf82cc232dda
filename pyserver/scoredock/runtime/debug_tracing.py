"""Watching user code, and not watching it any more: what pydevd does when the first client comes and has no end for.

On Python 3.11 and older a tracing function slows every call (3 to 11 times); newer ones have ``sys.monitoring``, which
costs nothing where nothing is watched.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import signal
import sys
import threading
from typing import Any, Callable

OLD = sys.version_info < (3, 12)


def overlook_this_thread() -> None:
    """The same, and what it has of tracing goes: on Python 3.8 one traced thread slows all others."""
    overlook(threading.current_thread())
    if OLD and sys.gettrace() is not None:
        importlib.import_module("pydevd_tracing").SetTrace(None)


def overlook(thread: threading.Thread) -> None:
    """Never trace or stop this thread: those that keep the worker alive and answer the arbiter must go on."""
    thread.pydev_do_not_trace = True  # type: ignore[attr-defined]
    thread.is_pydev_daemon_thread = True  # type: ignore[attr-defined]


class Tracing:
    """pydevd's tracing of this process. Made before pydevd is loaded; ``take`` it over when it is, and traces."""

    def __init__(self) -> None:
        self._awake = True
        self._users_hook = sys.breakpointhook  # of ``breakpoint()``
        self._events = _LocalEvents()
        self._events.note()
        self.follows_forks = False  # pydevd sees to them itself

    def take(self, debugger: Any) -> None:
        self._db = debugger
        self._hook = sys.breakpointhook
        self._stop = debugger.do_wait_suspend
        debugger.do_wait_suspend = self._stop_if_awake
        os.register_at_fork(after_in_child=self._in_child)

    def start(self) -> None:
        if self._awake:
            return
        sys.breakpointhook = self._hook
        self._events.note()
        self._db.patch_threads()
        self._db.enable_tracing(self._db.trace_dispatch, apply_to_all_threads=True)
        if OLD:
            self._db.set_tracing_for_untraced_contexts()
        self._awake = True

    def stop(self) -> None:
        self._awake = False
        importlib.import_module("_pydevd_bundle.pydevd_thread_lifecycle").resume_threads("*")
        sys.breakpointhook = self._users_hook
        if OLD:
            threading.settrace(None)
            self._untrace_main_thread()
        else:
            self._events.take_away()
            _sys_monitoring().stop_monitoring(all_threads=True)
        # The control thread became a thread of ``threading`` when it was looked at; user code shall not count it.
        for identity, thread in list(threading._active.items()):  # type: ignore[attr-defined]
            if isinstance(thread, threading._DummyThread) and getattr(thread, "pydev_do_not_trace", False):
                threading._active.pop(identity, None)  # type: ignore[attr-defined]

    def _stop_if_awake(self, thread: Any, *rest: Any, **more: Any) -> Any:
        """A thread that had found its breakpoint when all were removed stops a moment later (a condition takes its time), and
        nobody is there to continue it: the request would hang. Its state says "suspended" by now, so either it looks here
        after ``stop`` has begun, or ``stop`` sees that state and resumes it."""
        if self._awake:
            return self._stop(thread, *rest, **more)
        thread.additional_info.pydev_step_cmd = -1
        thread.additional_info.pydev_state = 1  # STATE_RUN
        return None

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

    def _in_child(self) -> None:
        """A fork of user code takes the tracing along, but none of the threads that would let it go on after a stop."""
        if self.follows_forks or not self._awake:
            return
        if OLD:
            threading.settrace(None)
            importlib.import_module("pydevd_tracing").SetTrace(None)
        else:
            _sys_monitoring().stop_monitoring(all_threads=True)


class _LocalEvents:
    """Code that pydevd has asked events of (Python 3.12 and newer). It never takes them away: code with a breakpoint would go
    on at two thirds of its speed when the debugger has left."""

    def __init__(self) -> None:
        self._monitoring: Any = getattr(sys, "monitoring", None)
        self._set: Any = getattr(self._monitoring, "set_local_events", None)
        self._codes: dict[int, Any] = {}

    def note(self) -> None:
        if self._set is not None:
            self._monitoring.set_local_events = self._noted

    def _noted(self, tool: int, code: Any, events: int) -> None:
        if tool == self._monitoring.DEBUGGER_ID:
            self._codes[id(code)] = code
        self._set(tool, code, events)

    def take_away(self) -> None:
        if self._set is not None:
            self._monitoring.set_local_events = self._set
            for code in list(self._codes.values()):
                self._set(self._monitoring.DEBUGGER_ID, code, 0)
            self._codes.clear()


def _sys_monitoring() -> Any:
    return importlib.import_module("_pydevd_sys_monitoring.pydevd_sys_monitoring")


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
