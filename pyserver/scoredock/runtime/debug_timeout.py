"""The server's own limit for a request while a debugger is there."""

from __future__ import annotations

import signal
import sys
import threading
from typing import Any


class ScoringTimeout:
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
