"""Reading the log of a service: its end, and what comes."""

from __future__ import annotations

import asyncio
import calendar
import os
import re
import time
from collections.abc import AsyncIterator, Callable
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from scoredock.hosting.values import Batch, LogLine

BLOCK = 1 << 20
_LINE = re.compile(rb"[^\n]+")
_STAMP = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),(\d{3}) ")  # the server's own format, in UTC


def parsed(text: str) -> LogLine:
    """A line with its time, where the server has put one."""
    stamp = _STAMP.match(text)
    if not stamp:
        return LogLine(text)
    return LogLine(text, _seconds(stamp.group(1)) + int(stamp.group(2)) / 1000)


@lru_cache(maxsize=64)  # a fast log has thousands of lines in a second
def _seconds(stamp: str) -> int:
    return calendar.timegm(time.strptime(stamp, "%Y-%m-%d %H:%M:%S"))


async def from_moment(batches: AsyncIterator[Batch], since: float) -> AsyncIterator[Batch]:
    """What was written from a moment on (seconds since the epoch). A line without a time belongs to the one before it."""
    begun = False
    async for batch in batches:
        if not begun:
            first = next((number for number, line in enumerate(batch) if line.time is not None and line.time >= since), None)
            if first is not None:
                begun = True
                yield batch[first:]
        else:
            yield batch


def tail(path: Path, lines: int) -> list[str]:
    """The last lines of a file of any length, read from its end."""
    try:
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            start = _start_of_last(lines, file, beginning(path), end)
            file.seek(start)
            return _texts(file.read(end - start))
    except OSError:
        return []


def _start_of_last(lines: int, file: BinaryIO, first: int, end: int) -> int:
    """Where the last lines begin of what stands between two places of a file. Empty lines do not count."""
    position, data, starts = end, b"", list[int]()
    while position > first and len(starts) <= lines:  # one more than wanted: the first may be the end of a line
        step = min(BLOCK, position - first)
        position -= step
        file.seek(position)
        data = file.read(step) + data
        starts = [found.start() for found in _LINE.finditer(data)]
    wanted = starts[-lines:] if lines else []
    return position + wanted[0] if wanted else end


def beginning(path: Path) -> int:
    """Where the first line begins: after the hole, where the older part was given back to the disk (runtime/log_limit.py)."""
    seek_data = getattr(os, "SEEK_DATA", None)  # Linux, macOS
    if seek_data is None:
        return 0
    with path.open("rb") as file:
        try:
            first = os.lseek(file.fileno(), 0, seek_data)
        except OSError:
            return 0  # an empty file
        if first:
            file.seek(first)
            first += len(file.readline())  # the rest of a line
        return first


def _texts(data: bytes) -> list[str]:
    return [line.rstrip("\r") for line in data.decode("utf-8", "replace").split("\n") if line]


async def read(path: Path, *, last: int | None, follow: Callable[[], bool] | None, pause: float = 0.1) -> AsyncIterator[Batch]:
    """Lines from the beginning or the ``last`` ones; with ``follow``, which says whether more may come, goes on, looking
    every ``pause`` seconds. Without it, what there was at the first look, however fast the service writes."""
    try:
        file = path.open("rb")
    except OSError:
        return
    rest = b""
    with file:
        length = file.seek(0, os.SEEK_END)  # looked at once: what comes between two looks would be read twice
        first = beginning(path)
        file.seek(first if last is None else _start_of_last(last, file, first, length))
        while True:
            going_on = follow is not None and follow()
            data = await asyncio.to_thread(file.read, BLOCK if follow else max(0, min(BLOCK, length - file.tell())))
            if data[:1] == b"\0" and (first := beginning(path)) > file.tell() - len(data):
                file.seek(first)  # too slow: what would have come next is gone
                rest = b""
                continue
            if data:
                whole, end, left = data.rpartition(b"\n")
                if end and (texts := _texts(rest + whole)):
                    yield [parsed(text) for text in texts]
                rest = left if end else rest + left
                continue
            if not going_on:
                break
            await asyncio.sleep(pause)
    if rest:
        yield [parsed(rest.decode("utf-8", "replace"))]
