"""Putting a container in its place: what it is made of, the port it answers on, and the one whose place it takes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import tarfile
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import Any

from scoredock.engine import containers
from scoredock.engine.background import beside
from scoredock.engine.connection import Connection
from scoredock.engine.exec_stream import may_execute
from scoredock.engine.images import find_image
from scoredock.engine.values import Container, ContainerGone, ContainerOrder, EngineProblem, HostPortTaken, Mounted, NameTaken
from scoredock.hosting import docker_starting, docker_stock, launch, ports
from scoredock.hosting.docker_layout import PORT, RELAY_PORT, RUNS, RUNTIME, identity_of, laid_out, runtime_mount
from scoredock.hosting.docker_record import OWNER, PORT_OF, Record, container_name, owner
from scoredock.hosting.docker_stock import Row, Stock
from scoredock.hosting.values import Plan, PortTaken, ServiceProblem
from scoredock.l10n import t
from scoredock.patience import within
from scoredock.progress import Progress, Step

RETIREMENT = 2.0  # seconds that a deploy waits for the old container to end; one with requests in flight goes on without it


def blueprint(connection: Connection, plan: Plan, progress: Progress) -> tuple[ContainerOrder, tuple[Mounted, ...]]:
    """The container of a plan, without what is known only when it starts. Blocking. Raises ServiceProblem."""
    if not connection.address.on_this_machine:
        raise ServiceProblem(
            t(
                "The Docker engine at {0} is not on this machine, so it cannot see the code and the models.",
                connection.address.url,
            ),
            t("Choose a local engine (DOCKER_HOST, docker context use), or make a self-contained image: scoredock package."),
        )
    layout = laid_out(plan)
    if not plan.image or find_image(connection, plan.image) is None:
        raise ServiceProblem(
            t("The image {0} is not on the engine.", plan.image)
            if plan.image
            else t("The image of the environment is not on the engine."),
            t("Deploy again to make it."),
        )
    wants = plan.project.resources
    gpus = plan.gpus if plan.gpus is not None else wants.gpu
    if plan.gpus and not connection.about.gpus:
        raise ServiceProblem(
            t("The Docker engine has no GPU to give to a container."),
            t("Install the NVIDIA driver and the NVIDIA Container Toolkit, or deploy without --gpus."),
        )
    if gpus and not connection.about.gpus:
        progress(Step(t("Creating the container"), t("the deployment asks for a GPU; the engine has none, so it starts without")))
        gpus = None
    order = ContainerOrder(
        image=plan.image,
        name="",
        command=(),
        environment=layout.variables,
        mounts=layout.mounts,
        working_folder=layout.working_folder,
        memory=min(wants.memory, connection.about.memory) if wants.memory and connection.about.memory else wants.memory,
        cpus=min(wants.cpu, connection.about.cpus) if wants.cpu and connection.about.cpus else wants.cpu,
        gpus=gpus,
        platform=plan.platform,
    )
    return order, layout.mounts


def record_for(plan: Plan, mounts: tuple[Mounted, ...], holder: Container, number: int) -> Record:
    project = plan.project
    return Record(
        name=plan.name,
        number=number,
        project_file=str(project.file),
        entry_script=str(project.entry_script),
        code=str(project.code),
        environment_key=plan.environment_key,
        interpreter=plan.interpreter.as_posix(),
        patience=float(project.liveness_probe.patience),
        debug=plan.debug,
        port=holder.host_port or 0,
        port_container=holder.id,
        mounts=tuple((str(mount.source), str(mount.inside)) for mount in mounts),
        mounted=identity_of(mounts),
        relay=dict(holder.ports).get(RELAY_PORT, 0),
        probes=launch.probes(project),
        platform=plan.platform,
    )


def free_port(plan: Plan, stock: Stock) -> int | None:
    """The port that was asked for, if any. Raises PortTaken when it is in use."""
    port = plan.port if plan.port is not None else plan.project.port
    if port is not None:
        try:
            ports.listen(port).close()
        except PortTaken as taken:
            raise _taken(port, stock) from taken
    return port


async def hold_port(connection: Connection, plan: Plan, image: str, stock: Stock, *, beside_another: bool) -> Container:
    """Start the container that holds the service's port. Raises PortTaken, and nothing is left behind."""
    port = free_port(plan, stock)
    name = container_name(plan.name, "port")
    if beside_another:
        name = f"{name}{max(row.record.number for row in stock.rows) + 1}"
    relayed = not await beside(lambda _: may_execute(connection))
    relay = (plan.interpreter.as_posix(), "-I", "-S", str(RUNTIME / "relay.py"), str(RELAY_PORT), str(RUNS))
    order = ContainerOrder(
        image=image,
        name=name,
        # Nothing of it is needed but to be there; this is in every image.
        command=relay if relayed else ("tail", "-f", "/dev/null"),
        mounts=(runtime_mount(),) if relayed else (),
        side_port=RELAY_PORT if relayed else None,
        labels=((OWNER, owner()), (PORT_OF, plan.name)),
        inner_port=PORT,
        host_port=port or 0,
        volumes=(RUNS,),
        user="0",
        platform=plan.platform,
    )
    return await _kept(connection, beside(lambda _: _hold(connection, order, port, stock)))


def _hold(connection: Connection, order: ContainerOrder, port: int | None, stock: Stock) -> Container:
    made = _created(connection, order)
    try:
        containers.put(connection, made.id, (_folder(RUNS.as_posix()),))
        return containers.start(connection, made.id)
    except HostPortTaken as taken:
        containers.remove(connection, made.id)
        raise _taken(port or 0, stock) from taken
    except EngineProblem:
        containers.remove(connection, made.id)
        raise


def _created(connection: Connection, order: ContainerOrder) -> Container:
    """The container of an order. One that a killed command had asked for, and that the engine made only after this command
    had looked, gives way: under the service's lock nobody else makes one. Raises NameTaken."""
    try:
        return containers.create(connection, order)
    except NameTaken:
        with contextlib.suppress(ContainerGone):
            left = containers.inspect(connection, order.name)
            if left.state != "created" or dict(left.labels).get(OWNER) != owner():
                raise
            containers.remove(connection, left.id)
        return containers.create(connection, order)


def _taken(port: int, stock: Stock) -> PortTaken:
    holder = next((holder for holder in stock.holders if holder.host_port == port and holder.running), None)
    return PortTaken(
        t("Port {0} is in use by the service '{1}'.", port, dict(holder.labels)[PORT_OF])
        if holder
        else t("Port {0} is in use.", port),
        t("Choose another with --port, or leave it out for a free one."),
    )


def _folder(path: str) -> tuple[tarfile.TarInfo, bytes]:
    """A folder in which everybody may write: the user's image decides as whom the service runs."""
    entry = tarfile.TarInfo(path.lstrip("/"))
    entry.type, entry.mode = tarfile.DIRTYPE, 0o1777
    return entry, b""


def _file(path: str, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
    entry = tarfile.TarInfo(path.lstrip("/"))
    entry.size, entry.mode = len(content), 0o644
    return entry, content


@dataclass(frozen=True, slots=True)
class Placing:
    """One container on its way into the place of a service. ``takes_over``: with the listening socket of ``old``."""

    connection: Connection
    holder: Container
    old: Row | None
    takes_over: bool
    preload: tuple[str, ...] = ()  # modules to import before the first fork

    async def place(self, order: ContainerOrder, record: Record, progress: Progress) -> Row:
        """Start the container, wait until it is ready, and give it the service's name.

        If that fails or is cancelled the old container goes on as it was; without an old one the failed container
        stays for its log, the port is free again.
        """
        progress(Step(t("Creating the container")))
        name = container_name(record.name, "next" if self.old else "")
        order = replace(
            order,
            name=name,
            command=self._command(record),
            labels=record.labels(),
            network_of=self.holder.id,
            volumes_from=self.holder.id,
        )
        row = None
        try:
            container = await _kept(self.connection, beside(lambda _: self._create(order, record)))
            row = Row(container, record)
            container = await beside(lambda _: containers.start(self.connection, container.id))
            row = Row(container, record)
            port = self.holder.host_port or 0
            outcome = await docker_starting.until_ready(self.connection, container, record, port, progress)
        except BaseException as error:
            keep = row if isinstance(error, ServiceProblem) and self.old is None else None
            await asyncio.shield(self._undo(row, keep))
            raise
        await asyncio.shield(self._settle(row))
        progress(Step(t("Healthy") if outcome == "ready" else t("Waiting for a debugger")))
        return Row(await beside(lambda _: containers.inspect(self.connection, container.id)), record)

    def _command(self, record: Record) -> tuple[str, ...]:
        launcher = [str(RUNTIME / "launcher.py"), "--control", str(record.control), "--record", str(record.folder)]
        launcher += ["--port", str(PORT)]
        if record.debug == "wait":
            launcher.append("--wait-for-debugger")
        if self.old is not None and self.takes_over:
            old = str(self.old.record.control)
            return (record.interpreter, "-u", str(RUNTIME / "inherit.py"), old, *launcher, "--replace", old)
        # All interfaces of a network of its own: only 127.0.0.1 of this machine leads into it.
        return (record.interpreter, "-u", *launcher, "--bind", f"0.0.0.0:{PORT}")

    def _create(self, order: ContainerOrder, record: Record) -> Container:
        made = _created(self.connection, order)
        told = json.dumps({"preload": self.preload, "probes": record.probes}).encode()
        entries = (_folder(record.folder.as_posix()), _file((record.folder / "start.json").as_posix(), told))
        containers.put(self.connection, self.holder.id, entries)
        return made

    async def _settle(self, row: Row) -> None:
        """It answers now: it gets the name, and the old one goes."""
        if self.old is None:
            return
        old = self.old.container
        await beside(lambda _: containers.rename(self.connection, old.id, container_name(row.record.name, "old")))
        await beside(lambda _: containers.rename(self.connection, row.container.id, container_name(row.record.name)))
        if self.takes_over:
            # It ends by itself, after the requests in flight. If that takes long, the next look at the service removes it.
            try:
                await within(RETIREMENT, beside(lambda job: containers.wait(self.connection, old.id, job)))
            except asyncio.TimeoutError:
                return
        await docker_stock.remove(self.connection, old)
        if not self.takes_over:
            stock = await docker_stock.look(self.connection)
            others = [holder for holder in stock.holders_of(row.record.name) if holder.id != self.holder.id]
            await docker_stock.remove(self.connection, *others)

    async def _undo(self, row: Row | None, keep: Row | None) -> None:
        if keep is not None:
            await beside(lambda _: containers.stop(self.connection, keep.container.id, 1))
        elif row is not None:
            await docker_stock.remove(self.connection, row.container)
        if not self.takes_over:
            await docker_stock.remove(self.connection, self.holder)


async def _kept(connection: Connection, making: Coroutine[Any, Any, Container]) -> Container:
    """Wait for a container to be made; if nobody waits for it any more, it is removed as soon as it is there."""
    task = asyncio.ensure_future(making)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        made = await task
        await docker_stock.remove(connection, made)
        raise
