"""What the command line, the language server and the API do with services. All of it can be cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from scoredock.environment.sync import read_specification, sync
from scoredock.finding import Finding
from scoredock.hosting import engines, naming
from scoredock.hosting.values import Engine, Event, Inside, LogLine, Plan, Service, ServiceProblem, State, Target, Updated
from scoredock.progress import Progress, Step, silent
from scoredock.project.values import Project

if TYPE_CHECKING:
    from scoredock.hosting.docker_image import ImageEnvironment


@dataclass(frozen=True, slots=True)
class OwnInterpreter:
    """An interpreter that the caller has made ready, instead of a synced environment; ``key`` tells it from others."""

    path: Path
    key: str = "own"
    variables: tuple[tuple[str, str], ...] = ()


async def deploy(
    project: Project,
    *,
    target: Target = "process",
    port: int | None = None,
    name: str | None = None,
    interpreter: OwnInterpreter | None = None,
    debug: Literal["off", "wait"] = "off",
    progress: Progress = silent,
) -> Service:
    """Sync the environment, start the service, wait until it is healthy. One of that name that runs is replaced when the new
    one is healthy. Raises EnvironmentProblem, PortTaken, ScriptCrashed, ServiceProblem."""
    plan = await planned(project, target=target, port=port, name=name, interpreter=interpreter, debug=debug, progress=progress)
    return await engines.engine(target).deploy(plan, progress)


async def planned(
    project: Project,
    *,
    target: Target,
    port: int | None = None,
    name: str | None = None,
    interpreter: OwnInterpreter | None = None,
    debug: Literal["off", "wait"] = "off",
    progress: Progress = silent,
) -> Plan:
    """Decide everything that has to be decided before something starts."""
    name = naming.checked(name) if name is not None else naming.made_from(project.name)
    await _not_of_another_engine(name, target)
    image, platform = "", None
    if interpreter is None and target == "docker":
        made = await docker_environment(project, progress)
        interpreter = OwnInterpreter(Path(made.interpreter), made.key, made.variables)
        image, platform = made.image, made.platform
    elif interpreter is None:
        ready = await sync(read_specification(project.environment), progress=progress)
        interpreter = OwnInterpreter(ready.interpreter, ready.key, ready.variables)
    variables = dict(interpreter.variables) | dict(project.environment_variables)  # the deployment's win
    return Plan(
        project=project,
        name=name,
        interpreter=interpreter.path,
        environment_key=interpreter.key,
        port=port,
        environment_variables=tuple(variables.items()),
        image=image,
        platform=platform,
        debug=debug,
    )


async def docker_environment(project: Project, progress: Progress = silent) -> ImageEnvironment:
    """The environment's image, pulled and built when it is not there. Raises EnvironmentProblem, EngineProblem."""
    # Only here: a run without Docker does not pay for it.
    from scoredock.engine.background import beside
    from scoredock.engine.connection import connect
    from scoredock.hosting.docker_image import environment_image

    connection = await beside(lambda _: connect())
    try:
        return await environment_image(connection, project, progress)
    finally:
        connection.close()


async def _not_of_another_engine(name: str, target: Target) -> None:
    for other in engines.MODULES:
        if other != target and (found := await engines.engine(other).find(name)) and found.state is not State.STOPPED:
            raise ServiceProblem(f"There is a service '{name}' already, with the target '{other}'.", "Stop it, or choose a name.")


async def update(name: str, *, progress: Progress = silent) -> Updated:
    """Bring what was saved into a running service. When that fails the old code goes on. Raises ScriptCrashed."""
    engine, _ = await _engine_of(name)
    return await engine.update(name, progress)


async def list_services() -> tuple[Service, ...]:
    """Every service of this machine, whoever started it, those that have crashed too."""
    found = await asyncio.gather(*(engines.engine(target).list() for target in engines.MODULES))
    return tuple(sorted((service for services in found for service in services), key=lambda service: service.name))


async def find(name: str) -> Service | None:
    for target in engines.MODULES:
        if found := await engines.engine(target).find(name):
            return found
    return None


async def stop(name: str, *, progress: Progress = silent) -> None:
    """End it and leave nothing of it."""
    engine, _ = await _engine_of(name)
    progress(Step(f"Stopping {name}"))
    await engine.delete(name)


async def logs(name: str, *, follow: bool = False, last: int | None = None) -> AsyncIterator[LogLine]:
    """Its log; ``follow`` goes on until the service ends."""
    engine, _ = await _engine_of(name)
    async for line in engine.logs(name, follow=follow, last=last):
        yield line


async def events(name: str) -> AsyncIterator[Event]:
    """What happens to it from now on, until it ends."""
    engine, _ = await _engine_of(name)
    async for event in engine.events(name):
        yield event


async def findings(name: str) -> AsyncIterator[Finding]:
    """SD502 and SD503 for every request that fails from now on, until it ends. A good update makes them void."""
    engine, _ = await _engine_of(name)
    async for finding in engine.findings(name):
        yield finding


async def control(name: str, request: dict[str, object]) -> dict[str, object]:
    """Ask the arbiter inside it (`runtime/PROTOCOL.md`)."""
    engine, _ = await _engine_of(name)
    return await engine.control(name, request)


async def inside(name: str) -> Inside:
    """A way into it, for the debugger."""
    engine, _ = await _engine_of(name)
    return await engine.inside(name)


async def _engine_of(name: str) -> tuple[Engine, Service]:
    for target in engines.MODULES:
        engine = engines.engine(target)
        if found := await engine.find(name):
            return engine, found
    raise ServiceProblem(f"There is no service '{name}'.", "'scoredock list' shows those there are.")
