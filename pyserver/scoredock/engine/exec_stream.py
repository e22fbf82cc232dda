"""A command inside a container with its standard input and output as a stream: how a channel into a container is kept open."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from typing import Any

from scoredock.engine.background import beside
from scoredock.engine.connection import Connection, does_not_run, saying_plainly
from scoredock.engine.values import ContainerGone, EngineProblem

LONGEST_LINE = 1 << 24
_STDERR = 2


class ExecStream:
    """The two ends. Reading ends (``b""``) when the command does; what it wrote to standard error is in ``errors``."""

    def __init__(self, connection: Connection, identifier: str, raw: socket.socket) -> None:
        self.reader = asyncio.StreamReader(limit=LONGEST_LINE)
        self.errors = b""
        self._connection = connection
        self._identifier = identifier
        self._raw = raw
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, daemon=True, name="scoredock-exec").start()

    async def write(self, data: bytes) -> None:
        """Raises OSError when the command is gone."""
        await self._loop.run_in_executor(None, self._raw.sendall, data)

    def end_input(self) -> None:
        """The command's standard input ends."""
        with contextlib.suppress(OSError):
            self._raw.shutdown(socket.SHUT_WR)

    async def exit_code(self) -> int | None:
        """``None`` while it runs."""
        return await beside(lambda _: _exit_code(self._connection, self._identifier))

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._raw.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self._raw.close()

    def _read(self) -> None:
        with contextlib.suppress(OSError, RuntimeError):
            while (frame := read_frame(self._raw)) is not None:
                is_error, data = frame
                if is_error:
                    self.errors += data
                else:
                    self._loop.call_soon_threadsafe(self.reader.feed_data, data)
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self.reader.feed_eof)


def read_frame(raw: socket.socket) -> tuple[bool, bytes] | None:
    """One of the engine's frames, and whether it is standard error; ``None`` at the end. Blocking. Raises OSError."""
    # One byte for the stream, three of nothing, four of length (big endian), then the data.
    head = _exactly(raw, 8)
    if len(head) < 8:
        return None
    stream, length = struct.unpack(">BxxxL", head)
    return stream == _STDERR, _exactly(raw, length)


def _exactly(raw: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = raw.recv(min(count - len(data), 1 << 20))
        if not piece:
            break
        data += piece
    return data


def may_execute(connection: Connection) -> bool:
    """Whether the engine lets commands be started inside containers: a proxy before it may forbid that. Blocking."""
    from docker.errors import APIError, NotFound

    try:
        connection.api.exec_create("scoredock-no-such-container", ["true"])
    except NotFound:
        return True  # it was asked for the container, which there is none of
    except APIError as refused:
        return refused.status_code not in (401, 403, 405, 501)
    return True


def open_exec(
    connection: Connection, identifier: str, command: tuple[str, ...], user: str = ""
) -> tuple[str, socket.socket, Any]:
    """Start a command inside a running container: its id, the socket of its streams, and what has to be kept while that is
    used. Blocking. Raises `ContainerGone` if none runs."""
    try:
        with saying_plainly(connection.address):
            made = connection.api.exec_create(identifier, list(command), stdin=True, user=user)
            # What the SDK hands out wraps the socket; it belongs to a response that must not be collected meanwhile.
            wrapped = connection.api.exec_start(made["Id"], socket=True)
    except EngineProblem as problem:
        if does_not_run(problem):
            raise ContainerGone(problem.what) from problem
        raise
    raw: socket.socket = getattr(wrapped, "_sock", wrapped)
    raw.settimeout(None)
    return str(made["Id"]), raw, wrapped


def _exit_code(connection: Connection, identifier: str) -> int | None:
    with saying_plainly(connection.address):
        code = connection.api.exec_inspect(identifier)["ExitCode"]
    return None if code is None else int(code)
