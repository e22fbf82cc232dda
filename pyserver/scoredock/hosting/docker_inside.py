"""A way into a service in a container: nothing is published, our client runs inside and passes bytes on."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path, PurePosixPath

from scoredock.engine import containers
from scoredock.engine.background import beside
from scoredock.engine.connection import Connection
from scoredock.engine.values import ContainerGone
from scoredock.hosting import docker_way
from scoredock.hosting.docker_layout import DEBUGGERS, OURS, RUNTIME
from scoredock.hosting.docker_stock import Row
from scoredock.hosting.values import Pipe

_MACHINES = {"amd64": "x86_64-manylinux_2_34", "arm64": "aarch64-manylinux_2_34"}


class DockerInside:
    """See ``values.Inside``."""

    def __init__(self, connection: Connection, row: Row) -> None:
        self._connection, self._row = connection, row
        self.control = str(row.record.control)
        self.machine = _MACHINES.get(connection.about.architecture, "")
        self.mappings = tuple((here, there) for here, there in row.record.mounts if PurePosixPath(there) not in OURS)

    async def connect(self, path: str) -> tuple[asyncio.StreamReader, Pipe]:
        opened: asyncio.Future[asyncio.StreamReader] = asyncio.get_running_loop().create_future()
        pipe = ExecPipe()
        pipe.task = asyncio.create_task(self._pass_on(path, pipe, opened))
        try:
            return await opened, pipe
        except BaseException:
            pipe.close()
            raise

    async def _pass_on(self, path: str, pipe: ExecPipe, opened: asyncio.Future[asyncio.StreamReader]) -> None:
        try:
            async with docker_way.opened(self._connection, self._row.container.id, self._row.record, path) as stream:
                opened.set_result(stream.reader)
                with contextlib.suppress(OSError):
                    while data := await pipe.data.get():
                        await stream.write(data)
        except BaseException as error:
            if opened.done():
                raise
            opened.set_exception(OSError("the container does not run") if isinstance(error, ContainerGone) else error)

    async def bring(self, folder: Path) -> str:
        mounted = {there: here for here, there in self._row.record.mounts}.get(str(DEBUGGERS))
        if mounted is not None and folder.resolve().is_relative_to(mounted):
            return str(DEBUGGERS / folder.resolve().relative_to(mounted).as_posix())
        place = RUNTIME.parent / folder.name
        identifier = self._row.container.id
        there = await beside(lambda _: containers.execute(self._connection, identifier, ("test", "-d", str(place))))
        if there.code != 0:
            await beside(lambda _: containers.put_folder(self._connection, identifier, folder, place))
        return str(place)


class ExecPipe:
    """See ``values.Pipe``: what is written waits its turn."""

    def __init__(self) -> None:
        self.data: asyncio.Queue[bytes] = asyncio.Queue()
        self.task: asyncio.Task[None] | None = None
        self._closing = False

    def write(self, data: bytes) -> None:
        if not self._closing and data:
            self.data.put_nowait(data)

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self.data.put_nowait(b"")
