"""Measuring many requests: every one is counted, errors by kind, and cancelling stops them all."""

from __future__ import annotations

import asyncio
import gc
import itertools
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from scoredock.progress import Step
from scoredock.scoring.histogram import histogram
from scoredock.scoring.measuring import measure
from scoredock.scoring.values import Measurement, Request, ScoringProblem

Serve = Callable[[Callable[[BaseHTTPRequestHandler], None]], str]


def reply(handler: BaseHTTPRequestHandler, status: int) -> None:
    handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
    handler.send_response(status)
    handler.send_header("x-ms-run-fn-exec-ms", "2.0")
    handler.send_header("Content-Length", "2")
    handler.end_headers()
    handler.wfile.write(b"{}")


async def test_every_request_is_counted_once(serve: Serve) -> None:
    numbers, lock = itertools.count(), threading.Lock()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        with lock:
            number = next(numbers)
        if number % 10 == 3:
            handler.rfile.read(int(handler.headers["Content-Length"]))
            handler.connection.shutdown(socket.SHUT_RDWR)
        else:
            reply(handler, 500 if number % 10 == 5 else 200)

    steps: list[Step] = []
    measured = await measure(serve(answer), Request(body=b"{}"), repeat=100, concurrency=4, progress=steps.append)
    assert next(numbers) == 100 and measured.requests == 100
    assert dict(measured.errors) == {"500": 10, "no answer": 10} and measured.failed == 20
    assert len(measured.times) == 80 and list(measured.times) == sorted(measured.times)
    assert measured.server_times == (0.002,) * 80
    assert (steps[-1].done, steps[-1].total, steps[-1].detail) == (100, 100, "20 failed")


async def test_nobody_there_is_an_error_and_not_a_hundred_failures(complaints: list[dict[str, Any]]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(ScoringProblem, match="Nothing answers"):
            await measure(f"http://127.0.0.1:{taken.getsockname()[1]}/score", Request(body=b"{}"), repeat=100, concurrency=3)
    gc.collect()
    assert not complaints


async def test_cancelling_stops_all_of_them(serve: Serve) -> None:
    arrived, over = threading.Semaphore(0), threading.Event()

    def hang(handler: BaseHTTPRequestHandler) -> None:
        arrived.release()
        over.wait(120)

    try:
        task = asyncio.create_task(measure(serve(hang), Request(body=b"{}"), repeat=50, concurrency=3))
        for _ in range(3):
            assert await asyncio.to_thread(arrived.acquire, True, 60)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 60)
        assert not arrived.acquire(blocking=False), "no further request was sent"
    finally:
        over.set()


def test_percentiles_are_of_the_nearest_rank() -> None:
    measured = Measurement(requests=100, concurrency=1, seconds=2.0, times=tuple(number / 1000 for number in range(1, 101)))
    assert [measured.percentile(percent) for percent in (50, 95, 99, 100)] == [0.05, 0.095, 0.099, 0.1]
    assert measured.per_second == 50
    assert Measurement(0, 1, 0.0, ()).percentile(50) is None
    assert Measurement(1, 1, 1.0, (0.2,)).percentile(50) == 0.2


def test_a_histogram_counts_everything_and_a_straggler_squeezes_nothing() -> None:
    times = tuple(sorted([number / 1000 for number in range(10, 209)] + [9.0]))
    rows = histogram(times, rows=4, width=10)
    counts = [int(row.split()[-1]) for row in rows]
    assert sum(counts) == len(times) and min(counts) >= 48
    assert rows[0].startswith("    10.0 -     59.2 ms") and "9000.0 ms" in rows[-1]
    assert histogram((0.5, 0.5), unicode=False) == ("   500.0 -    500.0 ms ################################ 2",)
    assert histogram(()) == ()
