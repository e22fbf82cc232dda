"""`attach`: make a running service ready for one debugger, and say how to connect it."""

from __future__ import annotations

from dataclasses import dataclass

from scoredock.debugging.bridge import PATIENCE, Bridge
from scoredock.debugging.door import ServiceDoor
from scoredock.debugging.workers import CannotAttach, Workers
from scoredock.hosting import services
from scoredock.hosting.values import State
from scoredock.progress import Progress, Step, silent


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
    progress(Step(f"Attaching to {name}"))
    service = await services.find(name)
    if service is not None and service.state in (State.CRASHED, State.STOPPED):
        raise CannotAttach(f"'{name}' does not run.", "Deploy it again, with --debug to stop in module code and init.")
    inside = await services.inside(name)
    door = ServiceDoor(name, inside, progress)
    await Workers(door).prepare()
    bridge = Bridge(door, inside.mappings, patience)
    await bridge.open()
    return Attachment(name, bridge.host, bridge.port, bridge.token, inside.mappings, bridge)
