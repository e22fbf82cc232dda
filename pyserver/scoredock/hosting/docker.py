"""Services in containers: the official server under our arbiter, in the environment's image, with code and models mounted.

A service has two containers. One does nothing but hold the port on 127.0.0.1 and the network; the other, which shares that
network, answers. So another container can take the place of the one that answers, in a new environment for one, with the
same listening socket: no port is closed and no request lost.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

from scoredock.engine import containers, logs
from scoredock.engine.address import find_address
from scoredock.engine.background import beside
from scoredock.engine.connection import Connection, connect
from scoredock.engine.values import Address, Container, ContainerGone, EngineAbsent
from scoredock.finding import Finding
from scoredock.hosting import docker_control, docker_failure, docker_relay, docker_stock, libraries, naming, observed, runs, seen
from scoredock.hosting.docker_inside import DockerInside
from scoredock.hosting.docker_place import Placing, blueprint, free_port, hold_port, record_for
from scoredock.hosting.docker_record import container_name
from scoredock.hosting.docker_stock import Row, Stock
from scoredock.hosting.values import (
    Batch,
    Event,
    Inside,
    LogLine,
    NoSuchService,
    NotRunning,
    Plan,
    Service,
    ServiceProblem,
    State,
    Target,
    Updated,
)
from scoredock.l10n import t
from scoredock.patience import within
from scoredock.progress import Progress, Step, silent

# Kept for the life of the process: greeting an engine anew takes longer than most questions to it.
_connections: dict[Address, Connection] = {}
STATUS_PATIENCE = 2.0  # seconds; an arbiter that imports libraries answers only afterwards
STOP_PATIENCE = 4  # seconds between SIGTERM and SIGKILL; the arbiter itself gives requests in flight 3


class DockerEngine:
    """See ``values.Engine``. Remembers nothing: the engine's containers are asked what there is."""

    target: Target = "docker"

    async def deploy(self, plan: Plan, progress: Progress = silent) -> Service:
        naming.checked(plan.name)
        connection = await self._connected()
        order, mounts = await beside(lambda job: blueprint(connection, plan, job.report), progress)
        async with runs.held(plan.name, progress):
            stock = await docker_stock.look(connection)
            before = stock.current(plan.name)
            old = before if before is not None and before.container.running else None
            shared = stock.holder(old) if old is not None else None
            if shared is not None and plan.port not in (None, shared.host_port):
                shared = None
            if shared is None:
                free_port(plan, stock)
            await docker_stock.sweep(connection, stock, plan.name, keep=old)
            await docker_stock.give_its_name(connection, old)
            holder = shared or await hold_port(connection, plan, order.image, stock, beside_another=old is not None)
            known = await libraries.for_start(plan.project, plan.environment_key)
            placing = Placing(connection, holder, old, shared is not None, known)
            record = record_for(plan, mounts, holder, number=1 + max((r.record.number for r in stock.of(plan.name)), default=0))
            row = await placing.place(order, record, progress)
            answer = await docker_control.ask(connection, row.container, row.record, {"command": "status"}) or {}
            libraries.remember(plan.project.entry_script, plan.environment_key, answer.get("libraries", ()))
            return _as_seen(row, row.container, State(answer.get("state", "starting")), int(answer.get("generation", 1)))

    async def update(self, name: str, progress: Progress = silent) -> Updated:
        connection, row, stock = await self._running(name)
        progress(Step(t("Updating the service")))
        began = time.monotonic()
        if row.record.lost_sight():
            row = await self._again(connection, name, progress)
            service = await self._service(connection, row, stock)
        else:
            request = {"command": "update", "deadline": row.record.patience}
            answer = await docker_control.ask(connection, row.container, row.record, request)
            if answer is None:
                try:
                    now = await beside(lambda _: containers.inspect(connection, row.container.id))
                except ContainerGone:
                    raise NotRunning(name) from None  # stopped meanwhile, or another has taken its place
                raise await docker_failure.why_it_ended(connection, now, row.record)
            if not answer.get("ok"):
                raise docker_failure.crashed(answer["failure"], row.record, t("The service goes on with the code it had."))
            # Ready a moment ago: asking again would take as long as the update did.
            service = _as_seen(row, row.container, State.HEALTHY, generation=int(answer["generation"]))
        return Updated(service, time.monotonic() - began)

    async def list(self) -> tuple[Service, ...]:
        try:
            connection = await self._connected()
            stock = await docker_stock.look(connection)
        except EngineAbsent:
            return ()  # no engine, no services
        # Those that had requests in flight when another took their place, and have ended since.
        await docker_stock.remove(connection, *(row.container for row in stock.rows if row.retired))
        rows = [row for name in stock.names() if (row := stock.current(name)) is not None]
        found = await asyncio.gather(*(self._seen(connection, row, stock) for row in rows))
        return tuple(service for service in found if service is not None)

    async def find(self, name: str) -> Service | None:
        try:
            connection = await self._connected()
            stock = await docker_stock.look(connection)
        except EngineAbsent:
            return None
        row = stock.current(name)
        return None if row is None else await self._seen(connection, row, stock)

    async def stop(self, name: str) -> None:
        await self._stop(name)

    async def _stop(self, name: str) -> Stock:
        """What there was of it."""
        connection, row, stock = await self._existing(name)
        # Without the lock: a deploy of that name which is under way ends with this.
        others = [other.container for other in stock.of(name) if other.container.id != row.container.id]
        docker_relay.forget(connection, row.container.id)
        if row.container.running:
            await _quietly(lambda: containers.rename(connection, row.container.id, container_name(name, "stopped")))
            await _quietly(lambda: containers.stop(connection, row.container.id, STOP_PATIENCE))
        await docker_stock.remove(connection, *others, *stock.holders_of(name))
        return stock

    async def delete(self, name: str) -> None:
        try:
            async with runs.held_while(name, self._stop(name)) as before:
                connection = await self._connected()
                now = await docker_stock.look(connection)
                row = now.current(name)
                is_new = row is not None and row.container.running and row.container.id not in before.ids(name)
                await docker_stock.sweep(connection, now, name, keep=row if is_new else None)
        except NoSuchService:
            return

    async def logs(
        self, name: str, *, follow: bool = False, last: int | None = None, since: float | None = None
    ) -> AsyncIterator[Batch]:
        connection, row, _ = await self._existing(name)
        async for batch in logs.lines(connection, row.container.id, follow=follow, last=last, since=since):
            yield [LogLine(text, moment) for moment, text in batch]

    async def events(self, name: str) -> AsyncIterator[Event]:
        connection, row, _ = await self._running(name)
        paths = docker_failure.own_paths(row.record)
        try:
            async with docker_control.connected(connection, row.container, row.record) as line:
                await line.send({"command": "watch"})
                await line.receive()
                while (message := await line.receive()) is not None:
                    if event := seen.event(name, message, paths):
                        yield event
        except (ContainerGone, OSError):
            return

    async def findings(self, name: str, *, since: float | None = None) -> AsyncIterator[Finding]:
        _, row, _ = await self._running(name)
        batches = self.logs(name, follow=True, last=observed.last_lines(since))
        async for finding in observed.findings_of(batches, docker_failure.own_paths(row.record), since):
            yield finding

    async def control(self, name: str, request: dict[str, object]) -> dict[str, object]:
        connection, row, _ = await self._running(name)
        answer = await docker_control.ask(connection, row.container, row.record, request)
        if answer is None:
            raise ServiceProblem(t("'{0}' has ended.", name), t("See its log."))
        return answer

    async def inside(self, name: str) -> Inside:
        connection, row, _ = await self._running(name)
        return DockerInside(connection, row)

    # What there is.

    async def _connected(self) -> Connection:
        """The engine that is meant now."""
        address = find_address()  # two small files at most
        known = _connections.get(address)
        if known is not None:
            return known  # it goes on by itself when the engine was restarted
        made = _connections[address] = await beside(lambda _: connect(address))
        return made

    async def _existing(self, name: str) -> tuple[Connection, Row, Stock]:
        connection = await self._connected()
        stock = await docker_stock.look(connection)
        row = stock.current(name)
        if row is None:
            raise NoSuchService(name)
        return connection, row, stock

    async def _running(self, name: str) -> tuple[Connection, Row, Stock]:
        connection, row, stock = await self._existing(name)
        if not row.container.running:
            raise NotRunning(name)
        return connection, row, stock

    async def _again(self, connection: Connection, name: str, progress: Progress) -> Row:
        """Put a container like the running one in its place: the files that it holds on to are not those on the disk."""
        async with runs.held(name, progress):
            stock = await docker_stock.look(connection)
            old = stock.current(name)
            holder = stock.holder(old) if old is not None else None
            if old is None or holder is None:
                raise NotRunning(name)
            await docker_stock.sweep(connection, stock, name, keep=old)
            await docker_stock.give_its_name(connection, old)
            order = await beside(lambda _: containers.order_of(connection, old.container.id))
            order = replace(order, platform=old.record.platform)
            known = libraries.remembered(old.record.entry_script, old.record.environment_key)
            return await Placing(connection, holder, old, True, known).place(order, old.record.next(), progress)

    async def _seen(self, connection: Connection, row: Row, stock: Stock) -> Service | None:
        """The service of a row as it is now. If its container goes while we look, the one that has taken its place is meant."""
        meant: Row | None = row
        while meant is not None:
            try:
                return await self._service(connection, meant, stock)
            except ContainerGone:
                stock = await docker_stock.look(connection)
                meant = stock.current(row.record.name)
        return None

    async def _service(self, connection: Connection, row: Row, stock: Stock) -> Service:
        container, record = row.container, row.record
        now = await self._state(connection, row) if container.running else None
        if now is None:
            container = await beside(lambda _: containers.inspect(connection, container.id))
            state, reason = await docker_failure.ended(connection, container, record)
            return _as_seen(row, container, state, reason=reason)
        state, generation, reason = now
        if stock.holder(row) is None:
            state, reason = State.UNHEALTHY, t("The container that holds its port is gone. Deploy it again.")
        return _as_seen(row, container, state, generation, reason)

    async def _state(self, connection: Connection, row: Row) -> tuple[State, int, str] | None:
        """State, generation and reason of one that runs; None if it has ended while it was asked."""
        if row.container.state == "paused":
            return State.UNHEALTHY, 1, t("The container is paused: docker unpause lets it go on.")
        asking = docker_control.ask(connection, row.container, row.record, {"command": "status"})
        try:
            answer = await within(STATUS_PATIENCE, asking)
        except asyncio.TimeoutError:
            return State.STARTING, 1, ""
        if answer is not None:
            return seen.state_of(answer)
        now = await beside(lambda _: containers.inspect(connection, row.container.id))
        return (State.STARTING, 1, "") if now.running else None


def _as_seen(row: Row, container: Container, state: State, generation: int = 1, reason: str = "") -> Service:
    return seen.service(
        row.record,
        DockerEngine.target,
        state,
        started_at=container.started_at,
        identity=container.id,
        generation=generation,
        reason=reason,
    )


async def _quietly(call: Callable[[], object]) -> None:
    """What another window has removed meanwhile needs nothing more."""
    try:
        await beside(lambda _: call())
    except ContainerGone:
        return
