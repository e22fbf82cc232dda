"""Bytes that come in order and are looked at once: from a file, where skipping is seeking, or out of a decompressor."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import BinaryIO

from scoredock.l10n import t

WINDOW = 32 * 1024


class Ended(Exception):
    """The bytes ended before what they announced."""


class TooMuch(Exception):
    """A limit was reached; the text says which, as the end of a sentence."""


class OutOfTime(TooMuch):
    """The time for reading is up."""


class Stream:
    """A window over bytes, moved forward only.

    The machine above reads ``window``, ``at`` and ``end`` directly where that is what makes it quick.
    """

    __slots__ = ("at", "before", "deadline", "end", "window")

    def __init__(self, deadline: float) -> None:
        self.window = b""
        self.at = 0
        self.end = 0
        self.before = 0  # bytes in front of the window
        self.deadline = deadline  # of time.monotonic()

    @property
    def position(self) -> int:
        return self.before + self.at

    def more(self) -> bytes:
        """The next bytes, or none at the end."""
        raise NotImplementedError

    def leap(self, count: int) -> None:
        """Leave out ``count`` bytes behind the window."""
        while count:
            chunk = self.more()
            if not chunk:
                raise Ended
            self.check_time()
            if len(chunk) > count:
                self._take(chunk)
                self.at = count
                return
            self.before += len(chunk)
            count -= len(chunk)

    def read(self, count: int) -> bytes:
        at = self.at
        stop = at + count
        if stop <= self.end:
            self.at = stop
            return self.window[at:stop]
        parts = [self.window[at : self.end]]
        missing = stop - self.end
        while missing:
            self._next()
            part = self.window[:missing]
            self.at = len(part)
            missing -= len(part)
            parts.append(part)
        return b"".join(parts)

    def byte(self) -> int:
        at = self.at
        if at == self.end:
            self._next()
            at = 0
        self.at = at + 1
        return self.window[at]

    def peek(self, count: int) -> bytes:
        """Up to ``count`` bytes that stay to be read; fewer near the end."""
        while self.end - self.at < count:
            chunk = self.more()
            if not chunk:
                break
            rest = self.window[self.at : self.end]
            self.before += self.at
            self.window, self.at, self.end = rest + chunk, 0, len(rest) + len(chunk)
        return self.window[self.at : self.at + count]

    def skip(self, count: int) -> None:
        at = self.at + count
        if at <= self.end:
            self.at = at
            return
        beyond = at - self.end
        self._drop()
        self.leap(beyond)

    def line(self, limit: int) -> bytes | None:
        """Bytes up to the next newline, which is passed over; ``None`` for a line longer than ``limit``, also passed over."""
        parts: list[bytes] = []
        length = 0
        while True:
            found = self.window.find(b"\n", self.at, self.end)
            stop = self.end if found < 0 else found
            length += stop - self.at
            if length <= limit:
                parts.append(self.window[self.at : stop])
            if found >= 0:
                self.at = found + 1
                return b"".join(parts) if length <= limit else None
            self._next()

    def _drop(self) -> None:
        self.before += self.end
        self.window, self.at, self.end = b"", 0, 0

    def _take(self, chunk: bytes) -> None:
        self.window, self.at, self.end = chunk, 0, len(chunk)

    def _next(self) -> None:
        self._drop()
        self.check_time()
        chunk = self.more()
        if not chunk:
            raise Ended
        self._take(chunk)

    def check_time(self) -> None:
        if time.monotonic() > self.deadline:
            raise OutOfTime(t("takes longer to read than the time it was given"))


class FileStream(Stream):
    """A file on the disk, or a stretch of it; what is skipped is not read."""

    __slots__ = ("file", "size")

    def __init__(self, file: BinaryIO, size: int, deadline: float) -> None:
        super().__init__(deadline)
        self.file = file
        self.size = size

    def more(self) -> bytes:
        return self.file.read(WINDOW)

    def leap(self, count: int) -> None:
        if self.before + count > self.size:
            raise Ended
        self.before += count
        self.file.seek(self.before)


class ChunkStream(Stream):
    """Bytes that something else makes, such as a decompressor; there is an upper bound to how many."""

    __slots__ = ("chunks", "left")

    def __init__(self, chunks: Iterator[bytes], deadline: float, bound: int) -> None:
        super().__init__(deadline)
        self.chunks = chunks
        self.left = bound

    def more(self) -> bytes:
        chunk = next(self.chunks, b"")
        self.left -= len(chunk)
        if self.left < 0:
            raise TooMuch(t("inflates to more bytes than any model should"))
        return chunk
