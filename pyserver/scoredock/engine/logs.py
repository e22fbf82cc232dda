"""What a container wrote, line by line, in the order in which the engine received it."""

from __future__ import annotations

import asyncio
import datetime
import re
import threading
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

from scoredock.engine.background import Job, beside
from scoredock.engine.connection import Connection, saying_plainly
from scoredock.engine.times import seconds_of

if TYPE_CHECKING:
    from docker.types.daemon import CancellableStream

# (seconds since the epoch, text without its line end)
Line = tuple[float, str]
# bytes.splitlines would end lines at more than line feeds.
PIECES = re.compile(rb"[^\n]*\n|[^\n]+")
# Lines that may wait for a slow reader before the engine is made to wait too.
BACKLOG = 20_000


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

    def open_stream() -> CancellableStream[bytes]:
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
    finally:
        arrivals.close()
        reading.cancel()


def _read(connection: Connection, open_stream: Callable[[], CancellableStream[bytes]], arrivals: Arrivals, job: Job) -> None:
    with saying_plainly(connection.address):
        stream = open_stream()
        job.on_stop(stream.close)
        cutter = LineCutter()
        for frame in stream:
            for line in cutter.take(frame):
                arrivals.put(line)
            if job.stopped:
                return
        for line in cutter.rest():
            arrivals.put(line)


class Arrivals:
    """Lines on the way from the reading thread to the event loop: one wake-up for all that wait, and a bound on how many may."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.news = asyncio.Event()
        self._loop = loop
        self._lines: list[Line] = []
        self._change = threading.Condition()
        self._closed = False

    def put(self, line: Line) -> None:
        """Called by the reading thread; waits while too many lines are unread."""
        with self._change:
            self._change.wait_for(lambda: self._closed or len(self._lines) < BACKLOG)
            if self._closed:
                return
            self._lines.append(line)
            if len(self._lines) == 1:
                self._loop.call_soon_threadsafe(self.news.set)

    def take(self) -> list[Line]:
        with self._change:
            taken, self._lines = self._lines, []
            self.news.clear()
            self._change.notify()
        return taken

    def close(self) -> None:
        with self._change:
            self._closed = True
            self._change.notify()


class LineCutter:
    """Puts the engine's frames together into lines.

    Each frame starts with a time stamp and holds at most 16 KB of a line; of a longer one's frames only the last ends
    with a line feed. Nothing but a line feed ends a line, and a character may be cut in two by a frame's end.
    """

    def __init__(self) -> None:
        self._time = 0.0
        self._parts: list[bytes] = []

    def take(self, frame: bytes) -> list[Line]:
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
