"""What a local service is, whichever engine runs it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from scoredock.errors import ScoredockError
from scoredock.finding import Finding
from scoredock.l10n import t
from scoredock.progress import Progress, silent
from scoredock.project.values import Project

Target = Literal["process", "docker"]


class ServiceProblem(ScoredockError):
    """A service cannot be started, found, updated or stopped."""


class NoSuchService(ServiceProblem):
    """There is no service of that name."""

    def __init__(self, name: str) -> None:
        super().__init__(t("There is no service '{0}'.", name), t("`scoredock list` shows those there are."))


class NotRunning(ServiceProblem):
    """There is one of that name, and it has ended."""

    def __init__(self, name: str) -> None:
        super().__init__(t("'{0}' does not run.", name), t("Deploy it again."))


class PortTaken(ServiceProblem):
    """The port that was asked for is in use."""


class ScriptCrashed(ServiceProblem):
    """The user's script failed: at import, in `init`, or its process died. ``findings`` puts it on the line that caused it."""

    def __init__(self, what: str, todo: str = "", *, findings: tuple[Finding, ...] = (), details: str = "") -> None:
        super().__init__(what, todo, place=findings[0].place if findings else None, details=details)
        self.findings = findings


class State(str, Enum):
    """The state of a service, as asked of its engine."""

    BUILDING = "building"
    STARTING = "starting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    BUSY = "busy"  # alive, but its workers are all inside `run`
    HELD = "held"  # stopped by somebody who holds it, a debugger for one
    CRASHED = "crashed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Service:
    """A service as it is now. ``scoring_uri`` answers on 127.0.0.1 only; ``started_at`` is seconds since the epoch."""

    name: str
    target: Target
    state: State
    port: int
    project_file: Path
    entry_script: Path
    environment_key: str
    started_at: float
    identity: str  # the process ("pid:start time") or the container id
    generation: int = 1  # counts updates
    exit_reason: str = ""

    @property
    def scoring_uri(self) -> str:
        """Where it answers; "" while it is being built and has no port."""
        return f"http://127.0.0.1:{self.port}/score" if self.port else ""


@dataclass(frozen=True, slots=True)
class Plan:
    """All an engine needs to run a project: decided before anything starts."""

    project: Project
    name: str
    interpreter: Path  # of the synced environment; for Docker the one inside the image
    environment_key: str
    port: int | None = None  # None: a free one
    environment_variables: tuple[tuple[str, str], ...] = ()
    image: str = ""  # for Docker: the image that holds the environment
    platform: str | None = None  # for Docker: "linux/amd64"; None is the engine's own
    gpus: int | None = None  # for Docker: that many, -1 for all; None: as the deployment says, if the engine has any
    debug: Literal["off", "wait"] = "off"  # "wait": stop before user code until a debugger has come


@dataclass(frozen=True, slots=True)
class Updated:
    """An update that took effect: seconds from the call to the first worker of the new code being ready."""

    service: Service
    seconds: float


class LogLine(NamedTuple):
    """One line of a service's log; ``time`` is seconds since the epoch where the line has one. (A tuple: a fast log makes
    hundreds of thousands of them, and a dataclass takes three times as long to make.)"""

    text: str
    time: float | None = None


Batch = list[LogLine]  # lines that came together


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a service, for whoever listens (the language server, the debugger)."""

    service: str
    kind: Literal["started", "worker-replaced", "update-failed", "crashed", "stopped"]
    findings: tuple[Finding, ...] = field(default=())
    detail: str = ""


class Pipe(Protocol):
    """The writing end of a connection into a service."""

    def write(self, data: bytes) -> None: ...
    def is_closing(self) -> bool: ...
    def close(self) -> None: ...


class Inside(Protocol):
    """A way into a service that runs, for the debugger. Paths are as the service's own processes see them."""

    control: str  # the control socket (runtime/PROTOCOL.md)
    machine: str  # what the service runs on, as uv names platforms (``x86_64-manylinux_2_34``); "" for this machine
    mappings: tuple[tuple[str, str], ...]  # (folder of this machine, the same folder in the service) where they differ

    async def connect(self, path: str) -> tuple[asyncio.StreamReader, Pipe]:
        """Open a unix socket of the service. Raises OSError or ServiceProblem when nobody is there."""
        ...

    async def bring(self, folder: Path) -> str:
        """Make a folder of this machine readable for the service; where it lies there. Nothing of the image changes."""
        ...


class Engine(Protocol):
    """Runs services. One contract test suite holds every engine to the same behaviour
    (tests/hosting/test_engine_contract.py). Every call may be cancelled: what it had started is gone then."""

    target: Target

    async def deploy(self, plan: Plan, progress: Progress = silent) -> Service:
        """Start a service and return when it is healthy (``held`` for ``plan.debug == "wait"``).

        A service of that name that runs keeps answering until the new one is healthy, and goes on if it never is; on the
        same port (``plan.port`` its port, or None) no request is lost. Raises PortTaken before anything is started,
        ScriptCrashed with the findings, ServiceProblem.
        """
        ...

    async def update(self, name: str, progress: Progress = silent) -> Updated:
        """Take the code and models that are on the disk now. Raises ScriptCrashed, and the old code goes on; NoSuchService,
        NotRunning."""
        ...

    async def list(self) -> tuple[Service, ...]:
        """All services of this engine, those that have crashed or were stopped too, as they are now."""
        ...

    async def find(self, name: str) -> Service | None: ...

    async def stop(self, name: str) -> None:
        """End it, within five seconds whatever its script does. Its log stays. Raises ServiceProblem if there is none."""
        ...

    async def delete(self, name: str) -> None:
        """Stop it and forget all of it; nothing happens if there is none."""
        ...

    def logs(
        self, name: str, *, follow: bool = False, last: int | None = None, since: float | None = None
    ) -> AsyncIterator[Batch]:
        """Its log, or the ``last`` lines, or those from a moment on (seconds since the epoch), in batches of what has come
        meanwhile; ``follow`` goes on until the service ends."""
        ...

    def events(self, name: str) -> AsyncIterator[Event]:
        """What happens to it from now on; ends when the service ends."""
        ...

    def findings(self, name: str, *, since: float | None = None) -> AsyncIterator[Finding]:
        """SD502 and SD503, at the line, for every request that fails from now on, or since a moment just past (seconds
        since the epoch); ends when the service ends."""
        ...

    async def control(self, name: str, request: dict[str, object]) -> dict[str, object]:
        """Ask the arbiter inside the service (status, update, attach); the protocol is `runtime/PROTOCOL.md`."""
        ...

    async def inside(self, name: str) -> Inside:
        """A way into the service as it runs now. Raises ServiceProblem if it does not."""
        ...
