"""Azure's liveness and readiness probes: ``GET /`` through the service's own port, with the deployment's times and counts.

Azure restarts a container whose liveness probe fails, and sends no request to one whose readiness probe fails. Here nothing
is restarted: the status says ``unhealthy``, and whoever wants to know why finds the service as it is. The server writes no
line for these requests.
"""

from __future__ import annotations

import selectors
import socket
import time
from typing import Any, Callable, Dict, NamedTuple

REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: scoredock-probe\r\nConnection: close\r\n\r\n"


class Timing(NamedTuple):
    """As in the deployment file: seconds, and answers in a row. The defaults are Azure's."""

    initial_delay: float = 10.0
    period: float = 10.0
    timeout: float = 2.0
    success_threshold: int = 1
    failure_threshold: int = 30


class Probe:
    """One of the two: asks every ``period`` seconds, one request at a time, and keeps count."""

    def __init__(self, timing: Timing, selector: selectors.BaseSelector) -> None:
        self.timing = timing
        self.passing = True
        self.failures = self.successes = 0  # in a row
        self._selector = selector
        self._due = time.monotonic() + timing.initial_delay
        self._socket: socket.socket | None = None
        self._answer = b""
        self._until = 0.0

    def step(self, address: tuple[str, int]) -> float:
        """Ask if it is time to, and give up on an answer that does not come. Returns when to look again (monotonic)."""
        now = time.monotonic()
        if self._socket is not None and now >= self._until:
            self._judge(False)
        if self._socket is None and now >= self._due:
            self._due = now + self.timing.period
            self._ask(address, now)
        return self._due if self._socket is None else self._until

    def wait(self) -> None:
        """Nothing is to be asked now: begin anew a period later."""
        self.forget()
        self._due = max(self._due, time.monotonic() + self.timing.period)

    def begin_anew(self) -> None:
        """Other code answers from now on, as in a container that has just been started."""
        self.forget()
        self.passing, self.failures, self.successes = True, 0, 0
        self._due = time.monotonic() + self.timing.initial_delay

    def forget(self) -> None:
        """Drop the question that is under way."""
        if self._socket is not None:
            self._selector.unregister(self._socket)
            self._socket.close()
            self._socket = None

    def after_fork(self) -> None:
        """In a worker: the question is the arbiter's."""
        if self._socket is not None:
            self._socket.close()

    def _ask(self, address: tuple[str, int], now: float) -> None:
        self._answer, self._until = b"", now + self.timing.timeout
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        self._socket.connect_ex(address)
        self._selector.register(self._socket, selectors.EVENT_WRITE, self._go_on)

    def _go_on(self, events: int) -> None:
        line = self._socket
        if line is None:
            return
        try:
            if events & selectors.EVENT_WRITE:
                line.send(REQUEST)
                self._selector.modify(line, selectors.EVENT_READ, self._go_on)
                return
            data = line.recv(4096)
        except OSError:
            data = b""  # refused, or cut
        self._answer += data
        if not data or b"\n" in self._answer:
            self._judge(_is_good(self._answer))

    def _judge(self, good: bool) -> None:
        self.forget()
        if good:
            self.failures, self.successes = 0, self.successes + 1
            self.passing = self.passing or self.successes >= self.timing.success_threshold
        else:
            self.failures, self.successes = self.failures + 1, 0
            self.passing = self.passing and self.failures < self.timing.failure_threshold


def _is_good(answer: bytes) -> bool:
    """Any status from 200 to 399, as Kubernetes has it."""
    words = answer.split(b" ", 2)
    return len(words) == 3 and words[0].startswith(b"HTTP/") and b"200" <= words[1] < b"400"


class Probes:
    """Both, as the arbiter has them."""

    def __init__(self, told: Dict[str, Any], selector: selectors.BaseSelector) -> None:
        self._both = {name: Probe(Timing(**told.get(name, {})), selector) for name in ("liveness", "readiness")}

    @property
    def passing(self) -> bool:
        return all(probe.passing for probe in self._both.values())

    def step(self, listener: Any, asleep: bool) -> float:
        """Returns when to look again. ``asleep``: nobody can answer, and that is as it should be (a debugger holds a worker,
        the first worker is not ready yet)."""
        if asleep:
            self._each(Probe.wait)
            return time.monotonic() + 1.0
        host, port = listener.getsockname()[:2]
        address = ("127.0.0.1" if host == "0.0.0.0" else host, port)  # noqa: S104 - compared, not bound
        return min(probe.step(address) for probe in self._both.values())

    def begin_anew(self) -> None:
        self._each(Probe.begin_anew)

    def forget(self) -> None:
        self._each(Probe.forget)

    def after_fork(self) -> None:
        self._each(Probe.after_fork)

    def _each(self, call: Callable[[Probe], None]) -> None:
        for probe in self._both.values():
            call(probe)

    def status(self) -> Dict[str, Any]:
        return {name: {"passing": probe.passing, "failures": probe.failures} for name, probe in self._both.items()}
