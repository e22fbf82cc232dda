"""What a container's label says of the service it runs: the only memory there is of it. JSON, never a secret."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from scoredock.engine.containers import labels_as_json
from scoredock.engine.values import Container, Mounted
from scoredock.folders import state_folder
from scoredock.hosting.docker_layout import RUNS, identity_of

OWNER, SERVICE, PORT_OF = "scoredock.owner", "scoredock.service", "scoredock.port-of"


def owner() -> str:
    """Whose services these are: two users of one engine, or two SCOREDOCK_HOMEs, do not see each other's."""
    return hashlib.sha256(str(state_folder()).encode()).hexdigest()[:8]


def container_name(service: str, part: str = "") -> str:
    """The container that answers has the bare name; ``next`` is one on its way there, ``old`` one that retires, ``stopped``
    one that was stopped, ``port`` the one that holds the service's port and network."""
    return f"scoredock-{service}-{owner()}{'.' if part else ''}{part}"


@dataclass(frozen=True, slots=True)
class Record:
    """What was decided before the container started."""

    name: str
    number: int  # counts the containers that the service has had
    project_file: str
    entry_script: str
    code: str
    environment_key: str
    interpreter: str
    patience: float  # seconds that Azure's liveness probe would wait for init
    debug: str
    port: int  # on this machine
    port_container: str  # the id of the container that holds the port
    mounts: tuple[tuple[str, str], ...]  # (on this machine, inside)
    mounted: tuple[str, ...]  # what they held on to when the container was made
    relay: int = 0  # on this machine: the port of docker_way's relay, if there has to be one
    probes: dict[str, Any] = field(default_factory=dict)  # the deployment's, as the launcher is told of them
    platform: str | None = None

    @property
    def folder(self) -> PurePosixPath:
        return RUNS / str(self.number)

    @property
    def control(self) -> PurePosixPath:
        return self.folder / "control"

    @property
    def failure(self) -> PurePosixPath:
        return self.folder / "failure.json"

    def mounted_files(self) -> tuple[Mounted, ...]:
        return tuple(Mounted(Path(source), PurePosixPath(inside)) for source, inside in self.mounts)

    def lost_sight(self) -> bool:
        """Whether files or folders that the container holds on to have been replaced by others."""
        return identity_of(self.mounted_files()) != self.mounted

    def next(self) -> Record:
        """For a container like this one that is made now."""
        return replace(self, number=self.number + 1, mounted=identity_of(self.mounted_files()), debug="off")

    def labels(self) -> tuple[tuple[str, str], ...]:
        return ((OWNER, owner()), (SERVICE, labels_as_json(asdict(self))))


def record_of(container: Container) -> Record | None:
    """What the label says; ``None`` for a container that is no service, or of a version that wrote something else."""
    text = dict(container.labels).get(SERVICE)
    if text is None:
        return None
    try:
        content = json.loads(text)
        content["mounts"] = tuple((source, inside) for source, inside in content["mounts"])
        content["mounted"] = tuple(content["mounted"])
        return Record(**content)
    except (ValueError, TypeError, KeyError):
        return None
