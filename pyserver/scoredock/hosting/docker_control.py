"""The control channel of a service in a container: our client runs inside it and passes lines on."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from scoredock.engine.background import beside
from scoredock.engine.connection import Connection
from scoredock.engine.exec_stream import ExecStream
from scoredock.engine.values import Container, ContainerGone
from scoredock.hosting import docker_relay, docker_way
from scoredock.hosting.docker_record import Record

Message = dict[str, Any]


class Line:
    """One connection to the arbiter: requests out, answers and events in. It has the same two methods as a process's."""

    def __init__(self, stream: ExecStream) -> None:
        self._stream = stream

    async def send(self, message: Message) -> None:
        await self._stream.write(json.dumps(message).encode() + b"\n")

    async def receive(self) -> Message | None:
        """The next object, None when the service has closed the line."""
        line = await self._stream.reader.readline()
        return docker_relay.message_of(line)


@asynccontextmanager
async def connected(connection: Connection, container: Container, record: Record) -> AsyncIterator[Line]:
    """Raises ContainerGone when the container does not run."""
    async with docker_way.opened(connection, container.id, record, str(record.control)) as stream:
        yield Line(stream)


async def ask(connection: Connection, container: Container, record: Record, request: Message) -> Message | None:
    """One request and its answer; None if the service is not there or ends."""
    try:
        return await beside(lambda job: docker_relay.ask(connection, container.id, record, request, job))
    except (ContainerGone, OSError):
        return None
