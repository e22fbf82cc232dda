"""Messages of the Debug Adapter Protocol on a stream: a header with the length, then JSON."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from scoredock.hosting.values import Pipe

Message = dict[str, Any]
LONGEST = 64 << 20  # bytes; a variable may be large, a message that is larger is not one of ours


class NotTheProtocol(Exception):
    """What came is no message: a web page that tries its luck with HTTP, for one."""


async def read(stream: asyncio.StreamReader) -> Message | None:
    """The next message; ``None`` at the end of the stream."""
    try:
        header = await stream.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    except (ConnectionError, asyncio.LimitOverrunError):
        return None
    name, _, value = header.partition(b":")
    # Nothing but this one header: a browser's request has others, and its body could be a message.
    if name != b"Content-Length" or not value.strip().isdigit() or int(value) > LONGEST:
        raise NotTheProtocol(header[:80].decode("latin-1"))
    try:
        body = await stream.readexactly(int(value))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    try:
        message = json.loads(body)
    except ValueError as error:
        raise NotTheProtocol(str(error)) from error
    if not isinstance(message, dict):
        raise NotTheProtocol("not an object")
    return message


def write(stream: Pipe, message: Message) -> None:
    """Queue a message; a stream that is closed loses it."""
    if stream.is_closing():
        return
    body = json.dumps(message, ensure_ascii=False).encode("utf-8", "surrogatepass")
    stream.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
