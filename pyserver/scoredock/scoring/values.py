"""What is sent to a service, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from scoredock.errors import ScoredockError


class ScoringProblem(ScoredockError):
    """A request could not be made, or no answer came."""


class NoAnswer(ScoringProblem):
    """The service was reached, but the connection ended or the time ran out before it answered."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request. A ``body`` given as a path is streamed from the file and never held in memory.

    ``content_type`` is guessed from the body when not given: from the file's name, else JSON. ``query`` goes into the
    URL, which is how a GET carries its input. ``timeout`` is in seconds; ``None`` waits for as long as it takes, as
    somebody who sits at a breakpoint wants.
    """

    body: bytes | Path | None = None
    method: Literal["GET", "POST", "OPTIONS"] = "POST"
    content_type: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. ``seconds`` is from the first byte sent to the last byte received; ``server_seconds`` is the time
    inside the script's `run` (header ``x-ms-run-fn-exec-ms``), ``None`` when the server did not say.

    ``run_failed`` tells whose fault an error is (header ``x-ms-run-function-failed``): true for the script's, false
    for the request's or the server's, ``None`` when the server did not say. A result that cannot be turned into JSON
    counts, for the server, as its own fault (500 with false).
    """

    status: int
    body: bytes
    seconds: float
    headers: tuple[tuple[str, str], ...] = ()
    server_seconds: float | None = None
    run_failed: bool | None = None

    @property
    def ok(self) -> bool:
        return self.status < 400

    @property
    def text(self) -> str:
        """The body as text; bytes that are not UTF-8 are shown as replacement characters."""
        return self.body.decode("utf-8", errors="replace")

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class Sample:
    """A request that is ready to send: ``name`` for people, and where it comes from."""

    name: str
    request: Request
    origin: Literal["file", "schema"]


@dataclass(frozen=True, slots=True)
class Measurement:
    """Many requests, measured. Times are in seconds and sorted; ``errors`` counts what was not answered well, by kind
    ("500", "no answer"); failed requests have no part in the times."""

    requests: int
    concurrency: int
    seconds: float
    times: tuple[float, ...]
    server_times: tuple[float, ...] = ()
    errors: tuple[tuple[str, int], ...] = field(default=())

    @property
    def failed(self) -> int:
        return sum(count for _, count in self.errors)

    @property
    def per_second(self) -> float:
        """Requests answered well in one second."""
        return len(self.times) / self.seconds if self.seconds else 0.0

    def percentile(self, percent: float) -> float | None:
        """The time within which ``percent`` of the good requests were answered (nearest rank); None without any."""
        if not self.times:
            return None
        rank = max(1, -(-len(self.times) * percent // 100))
        return self.times[int(rank) - 1]
