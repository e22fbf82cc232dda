"""`attach`: make a running service ready for one debugger, and say how to connect it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import cast

from scoredock.debugging.bridge import PATIENCE, Bridge
from scoredock.debugging.door import ServiceDoor
from scoredock.debugging.workers import CannotAttach
from scoredock.errors import ScoredockError
from scoredock.hosting import services
from scoredock.hosting.values import Service, State
from scoredock.l10n import t
from scoredock.progress import Progress, Step, silent
from scoredock.project.reading import read_project
from scoredock.project.values import RequestSettings


@dataclass(frozen=True, slots=True)
class Attachment:
    """Where the debugger of a service listens. It closes when its client has left, or `close` is called.

    ``token`` goes into the arguments of the client's attach request, as ``accessToken``. ``mappings`` are pairs of (folder
    of this machine, the same folder in the service) where they differ; the session applies them by itself.
    """

    service: str
    host: str
    port: int
    token: str
    mappings: tuple[tuple[str, str], ...]
    bridge: Bridge

    async def closed(self) -> None:
        """Wait until its client has left, or none came in time."""
        await self.bridge.closed()

    async def close(self) -> None:
        await self.bridge.close()


async def attach(name: str, *, patience: float = PATIENCE, progress: Progress = silent) -> Attachment:
    """Open a port on 127.0.0.1 for one debugger of a running service; it waits ``patience`` seconds for one.

    The service itself is not touched before that client is there. Raises CannotAttach, ServiceProblem.
    """
    progress(Step(t("Attaching to {0}", name)))
    service, inside = await asyncio.gather(services.find(name), services.inside(name), return_exceptions=True)
    if isinstance(service, Service) and service.state in (State.CRASHED, State.STOPPED):
        raise CannotAttach(t("'{0}' does not run.", name), t("Deploy it again."))
    for problem in (inside, service):
        if isinstance(problem, BaseException):
            raise problem
    assert not isinstance(inside, BaseException)  # noqa: S101  for the type checker
    notes = (_about_timeouts(service),) if isinstance(service, Service) else ()
    bridge = Bridge(ServiceDoor(name, inside, progress), inside.mappings, patience, notes)
    await bridge.prepare()
    await bridge.open()
    return Attachment(name, bridge.host, bridge.port, bridge.token, inside.mappings, bridge)


async def is_attached(name: str) -> bool:
    """Whether a debugger is connected to a running service, so that a request to it may take as long as it likes."""
    try:
        status = await services.control(name, {"command": "status"})
    except ScoredockError:
        return False
    return any("attached" in worker["flags"] for worker in cast("list[dict[str, list[str]]]", status.get("workers") or []))


def _about_timeouts(service: Service) -> str:
    settings = read_project(service.project_file).project
    limit = (settings.request_settings if settings else RequestSettings()).request_timeout_ms
    return t("While the debugger is connected no timeout counts. On Azure a request to this deployment may take {0} ms.", limit)
