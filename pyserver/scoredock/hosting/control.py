"""The other end of a service's control socket (`runtime/PROTOCOL.md`)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from scoredock.patience import within

LONGEST_LINE = 1 << 24
Message = dict[str, Any]


class Line:
    """One connection: requests out, answers and events in."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, message: Message) -> None:
        self._writer.write(json.dumps(message).encode() + b"\n")
        await self._writer.drain()

    async def receive(self) -> Message | None:
        """The next object, None when the service has closed the line."""
        try:
            line = await self._reader.readline()
        except OSError:
            return None
        if not line.endswith(b"\n"):
            return None
        content = json.loads(line)
        return content if isinstance(content, dict) else {}


@asynccontextmanager
async def connected(path: Path) -> AsyncIterator[Line]:
    """Raises OSError if nobody listens there."""
    reader, writer = await asyncio.open_unix_connection(path, limit=LONGEST_LINE)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()


async def ask(path: Path, request: Message, patience: float | None = None) -> Message | None:
    """One request and its answer; None if the service is not there, ends, or has not answered after ``patience`` seconds."""

    async def exchange() -> Message | None:
        async with connected(path) as line:
            await line.send(request)
            return await line.receive()

    try:
        return await within(patience, exchange())
    except (OSError, asyncio.TimeoutError):
        return None
