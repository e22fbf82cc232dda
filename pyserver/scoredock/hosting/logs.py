"""Reading the log of a service: its end, and what comes."""

from __future__ import annotations

import asyncio
import calendar
import re
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from scoredock.hosting.values import LogLine

BLOCK = 1 << 20
_STAMP = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),(\d{3}) ")  # the server's own format, in UTC


def parsed(text: str) -> LogLine:
    """A line with its time, where the server has put one."""
    stamp = _STAMP.match(text)
    if not stamp:
        return LogLine(text)
    seconds = calendar.timegm(time.strptime(stamp.group(1), "%Y-%m-%d %H:%M:%S"))
    return LogLine(text, seconds + int(stamp.group(2)) / 1000)


def tail(path: Path, lines: int) -> list[str]:
    """The last lines of a file of any length, read from its end."""
    try:
        with path.open("rb") as file:
            position = file.seek(0, 2)
            data = b""
            while position and data.count(b"\n") <= lines:
                step = min(BLOCK, position)
                position -= step
                file.seek(position)
                data = file.read(step) + data
    except OSError:
        return []
    return _texts(data)[-lines:] if lines else []


def _texts(data: bytes) -> list[str]:
    return [line.rstrip("\r") for line in data.decode("utf-8", "replace").split("\n") if line]


async def read(path: Path, *, last: int | None, follow: Callable[[], bool] | None, pause: float = 0.1) -> AsyncIterator[LogLine]:
    """Lines from the beginning or the ``last`` ones; with ``follow``, which says whether more may come, goes on, looking
    every ``pause`` seconds."""
    start = 0
    if last is not None:
        size = path.stat().st_size if path.exists() else 0
        for text in tail(path, last):
            yield parsed(text)
        start = size
    try:
        file = path.open("rb")
    except OSError:
        return
    rest = b""
    with file:
        file.seek(start)
        while True:
            going_on = follow is not None and follow()
            data = await asyncio.to_thread(file.read, BLOCK)
            if data:
                *whole, rest = (rest + data).split(b"\n")
                for line in whole:
                    if line:
                        yield parsed(line.decode("utf-8", "replace").rstrip("\r"))
                continue
            if not going_on:
                break
            await asyncio.sleep(pause)
    if rest:
        yield parsed(rest.decode("utf-8", "replace"))
