"""What a container wrote, line by line, in the order in which the engine received it."""

from __future__ import annotations

import asyncio
import datetime
import re
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from scoredock.engine.background import Job, beside
from scoredock.engine.connection import Connection, saying_plainly
from scoredock.engine.times import seconds_of

# (seconds since the epoch, text without its line end)
Line = tuple[float, str]
# bytes.splitlines would end lines at more than line feeds.
PIECES = re.compile(rb"[^\n]*\n|[^\n]+")
# Lines that may wait for a slow reader before the engine is made to wait too.
BACKLOG = 50_000
GATHERING = 0.01  # seconds between two batches


async def lines(
    connection: Connection, identifier: str, *, follow: bool = False, last: int | None = None, since: float | None = None
) -> AsyncIterator[list[Line]]:
    """Batches of log lines: all that have come since the reader looked, so that a fast log does not mean one wake-up a line.

    ``last`` bounds how many old lines come first; ``since`` drops older ones (seconds since the epoch). With
    ``follow`` it goes on until the container ends. Closing the iterator closes the engine's stream.
    """
    arrivals = Arrivals(asyncio.get_running_loop())
    # The SDK wants local time without a zone.
    moment = None if since is None else datetime.datetime.fromtimestamp(since, datetime.timezone.utc).replace(tzinfo=None)

    def open_stream() -> Any:
        container = connection.client.containers.get(identifier)
        return container.logs(stream=True, follow=follow, timestamps=True, tail="all" if last is None else last, since=moment)

    reading = asyncio.ensure_future(beside(lambda job: _read(connection, open_stream, arrivals, job)))
    reading.add_done_callback(lambda _: arrivals.news.set())
    try:
        while True:
            await arrivals.news.wait()
            ended = reading.done()
            batch = arrivals.take()
            if batch:
                yield batch
            if ended:
                await reading  # raises what went wrong
                return
            # Of a fast log more comes meanwhile: two threads that wake each other for every few lines take twice as long.
            await asyncio.sleep(GATHERING)
    finally:
        arrivals.close()
        reading.cancel()


def _read(connection: Connection, open_stream: Callable[[], Any], arrivals: Arrivals, job: Job) -> None:
    with saying_plainly(connection.address):
        stream = open_stream()
        job.on_stop(stream.close)
        cutter = LineCutter()
        for frame in _frames(stream):
            arrivals.put(cutter.take(frame))
            if job.stopped:
                return
        arrivals.put(cutter.rest())


def _frames(stream: Any) -> Iterator[bytes]:
    """The engine's frames: one byte for the stream, three of nothing, four of length (big endian), then the data.

    The SDK would read each with two calls of the HTTP library, which takes longer than the engine needs to send it.
    """
    unread = b""
    for piece in stream._response.raw.stream(1 << 20):
        data = unread + piece if unread else piece
        start, end = 0, len(data)
        while end - start >= 8:
            after = start + 8 + int.from_bytes(data[start + 4 : start + 8], "big")
            if after > end:
                break
            yield data[start + 8 : after]
            start = after
        unread = data[start:]


class Arrivals:
    """Lines on the way from the reading thread to the event loop: one wake-up for all that wait, and a bound on how many may.

    Without a lock for each line: what a deque does is one step for both threads.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.news = asyncio.Event()
        self._loop = loop
        self._lines: deque[Line] = deque()
        self._told = False
        self._room = threading.Condition()
        self._closed = False

    def put(self, lines: list[Line]) -> None:
        """Called by the reading thread; waits while too many lines are unread."""
        if not lines:
            return
        if len(self._lines) >= BACKLOG:
            with self._room:
                self._room.wait_for(lambda: self._closed or len(self._lines) < BACKLOG)
        self._lines.extend(lines)
        if not self._told and not self._closed:
            self._told = True
            self._loop.call_soon_threadsafe(self.news.set)

    def take(self) -> list[Line]:
        self.news.clear()
        self._told = False  # first: what is put from here on is either taken below or told anew
        taken = [self._lines.popleft() for _ in range(len(self._lines))]
        with self._room:
            self._room.notify()
        return taken

    def close(self) -> None:
        with self._room:
            self._closed = True
            self._room.notify()


class LineCutter:
    """Puts the engine's frames together into lines.

    Each frame starts with a time stamp and holds at most 16 KB of a line; of a longer one's frames only the last ends
    with a line feed. Nothing but a line feed ends a line, and a character may be cut in two by a frame's end.
    """

    def __init__(self) -> None:
        self._time = 0.0
        self._parts: list[bytes] = []

    def take(self, frame: bytes) -> list[Line]:
        if not self._parts and frame.find(b"\n") == len(frame) - 1:  # one whole line, as nearly always
            stamp, _, text = frame.partition(b" ")
            moment = seconds_of(stamp.decode("ascii", "replace"))
            if moment is not None:
                self._time = moment
                return [(moment, text.rstrip(b"\r\n").decode("utf-8", "replace"))]
        found = []
        for piece in PIECES.findall(frame):
            stamp, space, text = piece.partition(b" ")
            moment = seconds_of(stamp.decode("ascii", "replace")) if space else None
            if moment is None:
                text = piece
            elif not self._parts:
                self._time = moment
            self._parts.append(text)
            if text.endswith(b"\n"):
                found.extend(self.rest())
        return found

    def rest(self) -> list[Line]:
        """The line so far, ended or not."""
        if not self._parts:
            return []
        text = b"".join(self._parts).rstrip(b"\r\n").decode("utf-8", "replace")
        self._parts.clear()
        return [(self._time, text)]
