"""The containers of services: which there are, which of them is meant by a name, which are left over."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from scoredock.engine import containers
from scoredock.engine.background import beside
from scoredock.engine.connection import Connection
from scoredock.engine.values import Container, ContainerInUse
from scoredock.hosting import docker_relay
from scoredock.hosting.docker_record import OWNER, PORT_OF, Record, container_name, owner, record_of


@dataclass(frozen=True, slots=True)
class Row:
    """A container that runs a service, or did."""

    container: Container
    record: Record

    @property
    def part(self) -> str:
        """What follows the name of the service in the container's: "", "next", "old", "stopped"."""
        return self.container.name.removeprefix(container_name(self.record.name)).removeprefix(".")

    @property
    def retired(self) -> bool:
        """Another one has taken its place, and it has ended."""
        return self.part == "old" and not self.container.running


@dataclass(frozen=True, slots=True)
class Stock:
    """All containers of this user's services at one moment."""

    rows: tuple[Row, ...]
    holders: tuple[Container, ...]

    def names(self) -> tuple[str, ...]:
        return tuple(sorted({row.record.name for row in self.rows}))

    def of(self, name: str) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.record.name == name)

    def ids(self, name: str) -> set[str]:
        return {row.container.id for row in self.of(name)}

    def current(self, name: str) -> Row | None:
        """The container that is meant: the one with the bare name.

        A deploy that was killed while it changed names leaves none with it: then the one that was to have it, which
        answers by then. One that was killed earlier leaves its container beside the one that goes on answering.
        """
        order = ("", "next", "old", "stopped")
        found = sorted(self.of(name), key=lambda row: order.index(row.part) if row.part in order else len(order))
        living = [row for row in found if row.container.running]
        return next(iter([*living, *found]), None)

    def holder(self, row: Row) -> Container | None:
        """The container that holds its port, if it runs."""
        return next((c for c in self.holders if c.id == row.record.port_container and c.running), None)

    def holders_of(self, name: str) -> tuple[Container, ...]:
        return tuple(holder for holder in self.holders if dict(holder.labels).get(PORT_OF) == name)


async def look(connection: Connection) -> Stock:
    """Ask the engine."""
    return await beside(lambda _: _look(connection))


def _look(connection: Connection) -> Stock:
    rows, holders = [], []
    for container in containers.labelled(connection, f"{OWNER}={owner()}"):
        record = record_of(container)
        if record is not None:
            rows.append(Row(container, record))
        elif PORT_OF in dict(container.labels):
            holders.append(container)
    return Stock(tuple(rows), tuple(holders))


async def remove(connection: Connection, *found: Container) -> None:
    """Remove containers, running or not. One that another depends on goes after that one; if that stays it is only stopped,
    which frees its port, and is left to a later sweep."""

    async def one(container: Container, *, last: bool = False) -> Container | None:
        docker_relay.forget(connection, container.id)
        try:
            await beside(lambda _: containers.remove(connection, container.id))
        except ContainerInUse:
            if last:
                await beside(lambda _: containers.stop(connection, container.id, 0))
            return container
        return None

    refused = await asyncio.gather(*map(one, found))
    await asyncio.gather(*(one(container, last=True) for container in refused if container is not None))


async def sweep(connection: Connection, stock: Stock, name: str, keep: Row | None) -> None:
    """Remove all containers of a service but the one to keep and its holder: those that retired, and what commands that
    were killed have left. Under the service's lock."""
    kept = set() if keep is None else {keep.container.id, keep.record.port_container}
    doomed = [row.container for row in stock.of(name)] + list(stock.holders_of(name))
    await remove(connection, *(container for container in doomed if container.id not in kept))


async def give_its_name(connection: Connection, row: Row | None) -> None:
    """A command that was killed when its container had taken the place could not give it the service's name; under any other
    it would be in the way of the next. Under the service's lock, after a sweep."""
    if row is not None and row.part:
        await beside(lambda _: containers.rename(connection, row.container.id, container_name(row.record.name)))
