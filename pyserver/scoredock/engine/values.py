"""What the rooms above say to the Docker engine and hear from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

from scoredock.errors import ScoredockError


class EngineProblem(ScoredockError):
    """The Docker engine could not do what it was asked."""


class EngineAbsent(EngineProblem):
    """No Docker engine answers, or the one that did has gone."""


class ImageProblem(EngineProblem):
    """An image cannot be found, pulled or removed."""


class BuildFailed(EngineProblem):
    """A build ended with an error; ``details`` holds the last lines it printed."""


class NameTaken(EngineProblem):
    """A container of that name exists already."""


class HostPortTaken(EngineProblem):
    """The port on this machine that a container should be reached by is in use."""


class ContainerInUse(EngineProblem):
    """Another container depends on it (its network, its volumes), so that the engine does not remove it. Podman does that."""


class ContainerGone(EngineProblem):
    """The container does not exist any more, or does not run."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """The files for speaking TLS to an engine: PEM files in one folder, and whether the engine's name is verified."""

    folder: Path
    verify: bool


@dataclass(frozen=True, slots=True)
class Address:
    """Where an engine listens (``unix:///…``, ``tcp://…``, ``ssh://…``, ``npipe:////…``) and who said so, for messages."""

    url: str
    said_by: str
    certificates: Certificates | None = None

    @property
    def on_this_machine(self) -> bool:
        """Whether the engine sees this machine's files: one behind a socket or on the loopback does."""
        return self.url.startswith(("unix://", "npipe://", "tcp://127.", "tcp://localhost", "tcp://[::1]"))


@dataclass(frozen=True, slots=True)
class About:
    """What an engine says of itself. ``cpus`` and ``memory`` (bytes) are what containers can have."""

    product: str
    version: str
    architecture: str
    cpus: int
    memory: int
    gpus: bool
    selinux: bool


@dataclass(frozen=True, slots=True)
class Image:
    """An image that is on the engine: its content id, size in bytes, platform, environment variables, and who runs in it."""

    id: str
    tags: tuple[str, ...]
    size: int
    architecture: str
    environment: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    user: str = ""


@dataclass(frozen=True, slots=True)
class BuildOrder:
    """An image to build.

    ``files`` go into the context under their names there, from a file on this machine or from bytes. ``secrets`` are
    texts by id that the Dockerfile mounts (`RUN --mount=type=secret,id=…`); only BuildKit has them. ``arguments`` are
    build arguments: they can be read back from the finished image, so nothing secret belongs there.
    """

    dockerfile: str
    tag: str
    files: tuple[tuple[PurePosixPath, Path | bytes], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    arguments: tuple[tuple[str, str], ...] = ()
    secrets: tuple[tuple[str, str], ...] = ()
    platform: str | None = None
    network: str | None = None


@dataclass(frozen=True, slots=True)
class Mounted:
    """A file or folder of this machine that a container sees at ``inside``."""

    source: Path
    inside: PurePosixPath
    read_only: bool = True


@dataclass(frozen=True, slots=True)
class ContainerOrder:
    """A container to create. It is published on 127.0.0.1 only: ``host_port`` 0 takes a free port, and
    ``side_port``, a second one inside, always does.

    ``memory`` is in bytes, ``cpus`` in cores; ``gpus`` counts, -1 is all. ``log_bytes`` bounds what its log may hold on disk.
    ``network_of`` is a container whose network it shares instead of having its own; ``volumes_from`` one whose volumes it
    sees; ``volumes`` are empty folders that live as long as a container uses them.
    """

    image: str
    name: str
    command: tuple[str, ...]
    labels: tuple[tuple[str, str], ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    mounts: tuple[Mounted, ...] = ()
    working_folder: PurePosixPath | None = None
    inner_port: int | None = None
    host_port: int = 0
    side_port: int | None = None
    memory: int | None = None
    cpus: float | None = None
    gpus: int | None = None
    platform: str | None = None
    network_of: str | None = None
    volumes: tuple[PurePosixPath, ...] = ()
    volumes_from: str | None = None
    user: str | None = None
    log_bytes: int = 256 * 1024 * 1024


ContainerState = Literal["created", "running", "paused", "restarting", "removing", "exited", "dead"]


@dataclass(frozen=True, slots=True)
class Container:
    """A container as the engine describes it now. Times are seconds since the epoch, 0.0 where there is none yet."""

    id: str
    name: str
    image: str
    state: ContainerState
    labels: tuple[tuple[str, str], ...] = ()
    host_port: int | None = None
    exit_code: int | None = None
    killed_for_memory: bool = False
    error: str = ""
    created_at: float = 0.0
    started_at: float = 0.0
    finished_at: float = 0.0
    memory: int | None = field(default=None)
    ports: tuple[tuple[int, int], ...] = ()  # (inside, on this machine), by the first

    @property
    def running(self) -> bool:
        return self.state in ("running", "paused", "restarting")
