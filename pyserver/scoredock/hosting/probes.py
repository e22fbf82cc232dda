"""Azure's liveness probe, on this machine: `GET /` answered with a status below 400 (the server answers `Healthy`)."""

from __future__ import annotations

import asyncio
import contextlib

from scoredock.patience import within


async def answers(port: int, patience: float) -> bool:
    """Whether the service answers its health route within ``patience`` seconds."""
    with contextlib.suppress(OSError, asyncio.TimeoutError, ValueError, IndexError):
        return await within(patience, _get(port))
    return False


async def _get(port: int) -> bool:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        await writer.drain()
        return int((await reader.readline()).split()[1]) < 400
    finally:
        writer.close()
