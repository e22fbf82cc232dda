"""Many requests at once, measured: how long answers take and how many fail."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from scoredock.l10n import t
from scoredock.progress import Progress, Step, silent
from scoredock.scoring.sending import content_type_of, send_blocking
from scoredock.scoring.values import Measurement, NoAnswer, Request, ScoringProblem

if TYPE_CHECKING:
    from scoredock.scoring.connection import Cuttable

_REPORT_EVERY = 0.1  # seconds
_IN_MEMORY = 4_000_000  # bytes: smaller bodies are read once instead of from disk for every request


async def measure(uri: str, request: Request, *, repeat: int, concurrency: int = 1, progress: Progress = silent) -> Measurement:
    """Send a request ``repeat`` times over ``concurrency`` connections at once. Cancelling stops all of them.

    Raises `ScoringProblem` when nothing answers at the address at all; answers with an error are counted.
    """
    work = _Work(uri, _loaded(request), repeat)
    count = max(1, min(concurrency, repeat))
    started = time.perf_counter()
    running = [asyncio.create_task(asyncio.to_thread(work.go)) for _ in range(count)]
    try:
        pending = set(running)
        while pending:
            _, pending = await asyncio.wait(pending, timeout=_REPORT_EVERY)
            progress(Step(t("Scoring"), t("{0} failed", work.failed) if work.failed else "", work.done, repeat))
    except asyncio.CancelledError:
        work.stop()
        await asyncio.gather(*running, return_exceptions=True)
        raise
    seconds = time.perf_counter() - started
    # Of all of them: an error that nobody asks for is printed by Python later, as a traceback in the terminal.
    problems = [problem for task in running if (problem := task.exception())]
    if problems:
        raise problems[0]
    return Measurement(
        requests=work.done,
        concurrency=count,
        seconds=seconds,
        times=tuple(sorted(work.times)),
        server_times=tuple(sorted(work.server_times)),
        errors=tuple(work.errors.most_common()),
    )


def _loaded(request: Request) -> Request:
    body = request.body
    if not isinstance(body, Path):
        return request
    try:
        if body.stat().st_size <= _IN_MEMORY:
            return replace(request, body=body.read_bytes(), content_type=request.content_type or content_type_of(body))
    except OSError as error:
        raise ScoringProblem(t("{0} cannot be read: {1}.", body, error.strerror or error), t("Name another file.")) from error
    return request


class _Work:
    """The requests still to be sent, shared by the threads that send them."""

    def __init__(self, uri: str, request: Request, repeat: int) -> None:
        self._uri, self._request = uri, request
        self._lock = threading.Lock()
        self._left = repeat
        self._connections: list[Cuttable] = []
        self.done = 0
        self.times: list[float] = []
        self.server_times: list[float] = []
        self.errors: Counter[str] = Counter()

    @property
    def failed(self) -> int:
        return sum(self.errors.values())

    def stop(self) -> None:
        with self._lock:
            self._left = 0
            for connection in self._connections:
                connection.cut()

    def go(self) -> None:
        from scoredock.scoring.connection import Cuttable

        with Cuttable() as connection:
            with self._lock:
                self._connections.append(connection)
            while self._take():
                self._one(connection)

    def _take(self) -> bool:
        with self._lock:
            self._left -= 1
            return self._left >= 0

    def _one(self, connection: Cuttable) -> None:
        try:
            answer = send_blocking(self._uri, self._request, connection)
        except NoAnswer:
            self._count("no answer")
            return
        except ScoringProblem:
            # Somebody answered before: the service was stopped or restarted meanwhile. Nobody ever did: say so.
            if not self.done:
                self.stop()
                raise
            self._count("no connection")
            return
        if answer.ok:
            with self._lock:
                self.done += 1
                self.times.append(answer.seconds)
                if answer.server_seconds is not None:
                    self.server_times.append(answer.server_seconds)
        else:
            self._count(str(answer.status))

    def _count(self, kind: str) -> None:
        with self._lock:
            self.done += 1
            self.errors[kind] += 1
