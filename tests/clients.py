"""Clients that send one request after the other to a service, and what they saw."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Seen:
    """When each request was sent and answered (seconds of one clock), its answer, and what went wrong."""

    answers: list[tuple[float, float, Any]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@contextmanager
def sending(request: Callable[[], Any], clients: int) -> Iterator[Seen]:
    """``request`` over and over from so many threads, until the block ends."""
    seen, over = Seen(), threading.Event()

    def work() -> None:
        while not over.is_set():
            sent = time.monotonic()
            try:
                answer = request()
                seen.answers.append((sent, time.monotonic(), answer))
            except (OSError, AssertionError, http.client.HTTPException) as error:
                seen.errors.append(repr(error))

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        over.set()
        for thread in threads:
            thread.join()
