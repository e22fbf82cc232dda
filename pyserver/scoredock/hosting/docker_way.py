"""The way into a service in a container: to a unix socket of its own, as a stream of bytes.

A command started inside (``docker exec``) passes them on; nothing more is published. An engine that forbids that, behind a
proxy for one, is noticed before the container that holds the port is made: it then gets a second port on 127.0.0.1, with a
secret before it (runtime/relay.py).
"""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from scoredock.engine import containers
from scoredock.engine.background import beside
from scoredock.engine.connection import Connection
from scoredock.engine.exec_stream import ExecStream, open_exec
from scoredock.hosting.docker_layout import RELAY_SECRET, RUNTIME
from scoredock.hosting.docker_record import Record

PATIENCE = 10.0  # seconds for the relay to take a connection


def open_way(connection: Connection, container: str, record: Record, path: str) -> tuple[str, socket.socket, Any]:
    """See ``open_exec``; ``path`` is the socket inside. Blocking. Raises ContainerGone, OSError."""
    if not record.relay:
        # Isolated and without site: it is up in 20 ms, whatever the environment has.
        return open_exec(connection, container, (record.interpreter, "-I", "-S", str(RUNTIME / "client.py"), path))
    token = containers.read_file(connection, record.port_container, RELAY_SECRET)
    if token is None:
        raise OSError("the relay of the service is not up")
    raw = socket.create_connection(("127.0.0.1", record.relay), PATIENCE)
    raw.settimeout(None)
    raw.sendall(json.dumps({"token": token.decode(), "connect": path}).encode() + b"\n")
    return "", raw, None


@asynccontextmanager
async def opened(connection: Connection, container: str, record: Record, path: str) -> AsyncIterator[ExecStream]:
    """The same for a block of code. Raises ContainerGone, OSError."""
    started, raw, keep = await beside(lambda _: open_way(connection, container, record, path))
    stream = ExecStream(connection, started, raw)
    try:
        yield stream
    finally:
        stream.close()
        del keep
