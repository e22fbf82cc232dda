"""Containers: created, started, looked at, spoken to, stopped, removed. Every call here is blocking and short."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from scoredock.engine.background import Job
from scoredock.engine.connection import Connection, closed_on_stop, does_not_run, saying_plainly
from scoredock.engine.times import seconds_of
from scoredock.engine.values import (
    Container,
    ContainerGone,
    ContainerInUse,
    ContainerOrder,
    EngineProblem,
    HostPortTaken,
    ImageProblem,
    Mounted,
    NameTaken,
)
from scoredock.l10n import t

# How engines say that a host port is in use: Docker's allocator, the kernel, Docker Desktop.
PORT_TAKEN = ("port is already allocated", "address already in use", "ports are not available")
NO_GPU = "could not select device driver"


def create(connection: Connection, order: ContainerOrder) -> Container:
    """Create a container without starting it. Raises `NameTaken`, or `ImageProblem` when its image is gone."""
    api = connection.api
    from docker.types import DeviceRequest, LogConfig, Mount

    security = ["no-new-privileges:true"]
    if connection.about.selinux:
        # Labels would have to be written to the user's own files before a confined container could read them.
        security.append("label=disable")
    requests = []
    if order.gpus:
        requests.append(DeviceRequest(count=order.gpus, capabilities=[["gpu"]]))
    published = {f"{order.inner_port}/tcp": ("127.0.0.1", order.host_port or None)} if order.inner_port else {}
    if order.side_port:
        published[f"{order.side_port}/tcp"] = ("127.0.0.1", None)
    with saying_plainly(connection.address):
        host = api.create_host_config(
            mounts=[Mount(str(m.inside), str(m.source), type="bind", read_only=m.read_only) for m in order.mounts],
            port_bindings=published or None,
            restart_policy={"Name": "no"},
            security_opt=security,
            mem_limit=order.memory,
            nano_cpus=int(order.cpus * 1e9) if order.cpus else None,
            device_requests=requests or None,
            network_mode=f"container:{order.network_of}" if order.network_of else None,
            volumes_from=[order.volumes_from] if order.volumes_from else None,
            log_config=LogConfig(type="json-file", config={"max-size": str(order.log_bytes // 2), "max-file": "2"}),
        )
    try:
        with saying_plainly(connection.address):
            made = api.create_container(
                image=order.image,
                # Ours in place of whatever the image starts by itself.
                entrypoint=list(order.command[:1]),
                command=list(order.command[1:]),
                name=order.name,
                labels=dict(order.labels),
                environment=dict(order.environment),
                working_dir=str(order.working_folder) if order.working_folder else None,
                ports=[(port, "tcp") for port in (order.inner_port, order.side_port) if port] or None,
                host_config=host,
                platform=order.platform,
                user=order.user,
                volumes=[str(volume) for volume in order.volumes] or None,
                stop_signal="SIGTERM",
                # The user's image may have a check of its own: the service is probed as Azure does it instead.
                healthcheck={"test": ["NONE"]},
            )
    except ContainerGone as problem:
        if order.platform and "platform" in problem.what:
            raise ImageProblem(
                t("The image {0} is not made for {1}.", order.image, order.platform), t("Name another platform.")
            ) from problem
        raise ImageProblem(t("The image {0} is not on the engine.", order.image), t("Deploy again to make it.")) from problem
    except EngineProblem as problem:
        if "already in use by container" in problem.what or "name is already in use" in problem.what:
            raise NameTaken(
                t("There is a container {0} already.", order.name), t("Stop it first, or choose another name.")
            ) from problem
        raise
    return inspect(connection, made["Id"])


def put(connection: Connection, identifier: str, entries: tuple[tuple[tarfile.TarInfo, bytes], ...]) -> None:
    """Make folders and small files inside a container, running or not, before anything in it looks."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for entry, content in entries:
            tar.addfile(entry, io.BytesIO(content))
    with saying_plainly(connection.address):
        connection.api.put_archive(identifier, "/", archive.getvalue())


def put_folder(connection: Connection, identifier: str, folder: Path, inside: PurePosixPath) -> None:
    """Copy a folder of this machine into a container, for everybody in it to read."""

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        entry.mode = 0o755 if entry.isdir() else 0o644
        return entry

    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.add(folder, str(inside).lstrip("/"), filter=plain)
    with saying_plainly(connection.address):
        connection.api.put_archive(identifier, "/", archive.getvalue())


def read_file(connection: Connection, identifier: str, inside: PurePosixPath) -> bytes | None:
    """A small file of a container, running or not; ``None`` when it is not there."""
    try:
        with saying_plainly(connection.address):
            pieces, _ = connection.api.get_archive(identifier, str(inside))
            archive = io.BytesIO(b"".join(pieces))
    except ContainerGone:
        return None
    with tarfile.open(fileobj=archive) as tar:
        for entry in tar:
            file = tar.extractfile(entry)
            if file is not None:
                return file.read()
    return None


def wait(connection: Connection, identifier: str, job: Job) -> int | None:
    """Wait until the container ends; its exit code, ``None`` when it is gone or nobody waits any more."""
    try:
        with closed_on_stop(connection, job) as api:
            return int(api.wait(identifier, timeout=None)["StatusCode"])
    except ContainerGone:
        return None


def order_of(connection: Connection, identifier: str) -> ContainerOrder:
    """The order by which a container like this one is made, without its name, command, labels, network and volumes."""
    with saying_plainly(connection.address):
        raw = connection.api.inspect_container(identifier)
    configuration, host = raw["Config"], raw["HostConfig"]
    devices = host.get("DeviceRequests") or ()
    return ContainerOrder(
        image=raw["Image"],  # its content, which stays while a container uses it, whatever becomes of its name
        name="",
        command=(),
        environment=tuple((name, value) for name, _, value in (line.partition("=") for line in configuration.get("Env") or ())),
        mounts=tuple(
            Mounted(Path(mount["Source"]), PurePosixPath(mount["Target"]), bool(mount.get("ReadOnly")))
            for mount in host.get("Mounts") or ()
            if mount["Type"] == "bind"
        ),
        working_folder=PurePosixPath(configuration["WorkingDir"]) if configuration.get("WorkingDir") else None,
        memory=host.get("Memory") or None,
        cpus=host["NanoCpus"] / 1e9 if host.get("NanoCpus") else None,
        gpus=devices[0].get("Count") if devices else None,
        user=configuration.get("User") or None,
    )


def start(connection: Connection, identifier: str) -> Container:
    """Start a container. Raises `HostPortTaken` when its port on this machine is in use."""
    try:
        with saying_plainly(connection.address):
            connection.api.start(identifier)
    except EngineProblem as problem:
        if any(sign in problem.what.lower() for sign in PORT_TAKEN):
            raise HostPortTaken(t("The port on this machine is in use."), t("Choose another one.")) from problem
        if NO_GPU in problem.what:
            raise EngineProblem(
                t("The Docker engine could not give the container a GPU."),
                t("Install the NVIDIA Container Toolkit, and see whether `docker run --gpus all` works."),
                details=problem.what,
            ) from problem
        raise
    return inspect(connection, identifier)


def inspect(connection: Connection, identifier: str) -> Container:
    """A container by id or name, as it is now. Raises `ContainerGone`."""
    with saying_plainly(connection.address):
        return _container(connection.api.inspect_container(identifier))


def labelled(connection: Connection, label: str) -> tuple[Container, ...]:
    """All containers that carry the label (``name`` or ``name=value``), running or not, oldest first.

    One question to the engine for all that run (their ``started_at`` is the second in which they were made), and one more
    for each that does not: only that says how it ended.
    """
    with saying_plainly(connection.address):
        rows = connection.api.containers(all=True, filters={"label": label})
    found = []
    # The engine names the newest first, by the nanosecond; what a row says of the time is in whole seconds.
    for row in reversed(rows):
        try:
            found.append(_running(row) if row.get("State") == "running" else inspect(connection, row["Id"]))
        except ContainerGone:
            continue  # removed while we looked
    return tuple(found)


def stop(connection: Connection, identifier: str, patience: int) -> None:
    """Ask the container to end, and end it after ``patience`` seconds. Does nothing to one that is gone."""
    try:
        with saying_plainly(connection.address):
            connection.api.stop(identifier, timeout=patience)
    except ContainerGone:
        return


def remove(connection: Connection, identifier: str) -> None:
    """Remove a container, running or not, with its anonymous volumes. Does nothing to one that is gone or is going. Raises
    `ContainerInUse`."""
    try:
        with saying_plainly(connection.address):
            connection.api.remove_container(identifier, force=True, v=True)
    except ContainerGone:
        return
    except EngineProblem as problem:
        if "dependent containers" in problem.what:
            raise ContainerInUse(problem.what) from problem
        if "is already in progress" not in problem.what:
            raise


def rename(connection: Connection, identifier: str, name: str) -> None:
    """Give a container another name. Raises `NameTaken`."""
    try:
        with saying_plainly(connection.address):
            connection.api.rename(identifier, name)
    except EngineProblem as problem:
        if "same name" in problem.what:
            return  # somebody else has just done it
        if "already in use" in problem.what:
            raise NameTaken(
                t("There is a container {0} already.", name), t("Stop it first, or choose another name.")
            ) from problem
        raise


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command inside a container did."""

    code: int
    output: bytes
    errors: bytes


def execute(
    connection: Connection,
    identifier: str,
    command: tuple[str, ...],
    *,
    environment: Mapping[str, str] | None = None,
    user: str = "",
) -> Ran:
    """Run a command inside a running container and wait for it. Raises `ContainerGone` when the container does not run."""
    try:
        with saying_plainly(connection.address):
            api = connection.api
            made = api.exec_create(identifier, list(command), environment=dict(environment or {}), user=user)
            output, errors = api.exec_start(made["Id"], demux=True)
            code = api.exec_inspect(made["Id"])["ExitCode"]
    except EngineProblem as problem:
        if does_not_run(problem):
            raise ContainerGone(problem.what) from problem
        raise
    return Ran(-1 if code is None else int(code), output or b"", errors or b"")


def labels_as_json(values: Mapping[str, object]) -> str:
    """Label text: JSON, so that whoever reads a label parses data and runs nothing."""
    return json.dumps(values, separators=(",", ":"), sort_keys=True)


def _running(row: dict[str, Any]) -> Container:
    """A container that runs, from its line in the engine's list."""
    published = {int(port["PrivatePort"]): int(port["PublicPort"]) for port in row.get("Ports") or () if port.get("PublicPort")}
    return Container(
        id=row["Id"],
        name=str((row.get("Names") or [""])[0]).removeprefix("/"),
        image=str(row.get("ImageID", "")),
        state="running",
        labels=tuple(sorted((row.get("Labels") or {}).items())),
        host_port=published[min(published)] if published else None,
        ports=tuple(sorted(published.items())),
        created_at=float(row.get("Created") or 0),
        started_at=float(row.get("Created") or 0),
    )


def _container(raw: dict[str, Any]) -> Container:
    state = raw.get("State") or {}
    status = str(state.get("Status", "dead"))
    ended = status in ("exited", "dead")
    ports = (raw.get("NetworkSettings") or {}).get("Ports") or {}
    wanted = (raw.get("HostConfig") or {}).get("PortBindings") or {}
    published: dict[int, int] = {}
    for inner, bindings in (*ports.items(), *wanted.items()):
        for binding in bindings or ():
            if str(binding.get("HostPort", "")).isdigit() and int(binding["HostPort"]):
                published.setdefault(int(inner.partition("/")[0]), int(binding["HostPort"]))
    return Container(
        id=raw["Id"],
        name=str(raw.get("Name", "")).removeprefix("/"),
        image=str(raw.get("Image", "")),
        state=status,  # type: ignore[arg-type]  # the engine's own words, as the type lists them
        labels=tuple(sorted(((raw.get("Config") or {}).get("Labels") or {}).items())),
        host_port=published[min(published)] if published else None,
        ports=tuple(sorted(published.items())),
        exit_code=int(state.get("ExitCode", 0)) if ended else None,
        killed_for_memory=bool(state.get("OOMKilled")),
        error=str(state.get("Error") or ""),
        created_at=seconds_of(str(raw.get("Created"))) or 0.0,
        started_at=seconds_of(str(state.get("StartedAt"))) or 0.0,
        finished_at=(seconds_of(str(state.get("FinishedAt"))) or 0.0) if ended else 0.0,
        memory=(raw.get("HostConfig") or {}).get("Memory") or None,
    )
