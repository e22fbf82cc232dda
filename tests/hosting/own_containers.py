"""The containers of this test's services, as the engine has them."""

from __future__ import annotations

import time

from tests.hosting.kit import Kit

from scoredock.engine import containers
from scoredock.engine.connection import Connection
from scoredock.hosting.docker_record import OWNER, container_name, owner


def ours(connection: Connection) -> list[str]:
    """The names of all containers of this test, whatever they are."""
    return sorted(container.name for container in containers.labelled(connection, f"{OWNER}={owner()}"))


async def only_its_own(kit: Kit, connection: Connection) -> None:
    """In a moment there are the two containers of one service and no other."""
    limit = time.monotonic() + 40
    while ours(connection) != sorted((container_name(kit.name), container_name(kit.name, "port"))):
        assert time.monotonic() < limit, ours(connection)
        await kit.fresh().list()
