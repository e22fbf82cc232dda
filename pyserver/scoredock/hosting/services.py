"""What the command line, the language server and the API do with services. All of it can be cancelled."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from scoredock.engine.values import EngineAbsent
from scoredock.environment.sync import read_specification, sync
from scoredock.environment.values import EnvironmentProblem
from scoredock.errors import ScoredockError
from scoredock.finding import Finding, Severity
from scoredock.hosting import building, definition, engines, naming, watch
from scoredock.hosting.definition import NO_WISHES, Wishes
from scoredock.hosting.values import (
    Batch,
    Engine,
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
from scoredock.models.located import with_local_models
from scoredock.patience import within
from scoredock.progress import Progress, Step, silent
from scoredock.project.reading import read_project
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
    wishes: Wishes = NO_WISHES,
    debug: Literal["off", "wait"] = "off",
    offline: bool = False,
    progress: Progress = silent,
) -> Service:
    """Sync the environment (``offline``: from what this machine has), start the service, wait until it is healthy. One of that
    name that runs is replaced when the new one is healthy. Raises EnvironmentProblem, PortTaken, ScriptCrashed,
    ServiceProblem."""
    stamps = definition.stamps(_defining(project))
    plan = await planned(
        project,
        target=target,
        port=port,
        name=name,
        interpreter=interpreter,
        wishes=wishes,
        debug=debug,
        offline=offline,
        progress=progress,
    )
    service = await engines.engine(target).deploy(plan, progress)
    definition.keep(plan.name, definition.Definition(definition.plan_key(plan), stamps, interpreter is not None, wishes))
    return service


async def planned(
    project: Project,
    *,
    target: Target,
    port: int | None = None,
    name: str | None = None,
    interpreter: OwnInterpreter | None = None,
    wishes: Wishes = NO_WISHES,
    debug: Literal["off", "wait"] = "off",
    offline: bool = False,
    progress: Progress = silent,
) -> Plan:
    """Decide everything that has to be decided before something starts."""
    if target != "docker" and wishes != NO_WISHES:
        raise ServiceProblem(
            t("A platform or GPUs can be asked for with the target 'docker' only."), t("A process has the machine's.")
        )
    project = with_local_models(project)
    name = naming.checked(name) if name is not None else naming.made_from(project.name)
    await _not_of_another_engine(name, target)
    image, platform = "", wishes.platform
    if interpreter is None:
        with building.shown(name, target, project):
            if target == "docker":
                made = await docker_environment(project, progress, platform=platform, offline=offline)
                interpreter = OwnInterpreter(Path(made.interpreter), made.key, made.variables)
                image, platform = made.image, made.platform
            else:
                ready = await sync(read_specification(project.environment), progress=progress, offline=offline)
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
        gpus=wishes.gpus,
        debug=debug,
    )


async def docker_environment(
    project: Project, progress: Progress = silent, *, platform: str | None = None, offline: bool = False
) -> ImageEnvironment:
    """The environment's image, pulled and built when it is not there. Raises EnvironmentProblem, EngineProblem."""
    # Only here: a run without Docker does not pay for it.
    from scoredock.engine.background import beside
    from scoredock.engine.connection import connect
    from scoredock.hosting.docker_image import environment_image

    connection = await beside(lambda _: connect())
    try:
        return await environment_image(connection, project, progress, platform=platform, offline=offline)
    finally:
        connection.close()


async def _not_of_another_engine(name: str, target: Target) -> None:
    for other in engines.MODULES:
        if other != target and (found := await engines.engine(other).find(name)) and found.state is not State.STOPPED:
            raise ServiceProblem(
                t("There is a service '{0}' already, with the target '{1}'.", name, other), t("Stop it, or choose a name.")
            )


def _defining(project: Project) -> tuple[Path, ...]:
    """The files that say how the service is made; those that cannot be read say nothing yet."""
    try:
        read = read_specification(project.environment).read_files
    except EnvironmentProblem:
        read = ()
    return definition.files_of(project, read)


async def update(name: str, *, offline: bool = False, progress: Progress = silent) -> Updated:
    """Bring what was saved into a service: code and models by a re-fork; a new environment, new variables or other models by
    a service beside it that takes its place on the same port when it is healthy. One that has crashed is started again.

    When it fails the old one goes on. Raises what ``deploy`` raises.
    """
    made_from = definition.kept(name)
    if made_from is None or made_from.own_interpreter:
        return await _with_new_code(name, progress)
    if made_from.untouched():
        with contextlib.suppress(NotRunning):
            return await _with_new_code(name, progress)
    engine, service = await _engine_of(name)
    running = service.state not in (State.CRASHED, State.STOPPED)
    began = time.monotonic()
    project = _project_of(service)
    stamps = definition.stamps(_defining(project))
    wishes = made_from.wishes
    plan = await planned(
        project, target=service.target, port=service.port, name=name, wishes=wishes, offline=offline, progress=progress
    )
    now = definition.Definition(definition.plan_key(plan), stamps, wishes=wishes)
    if running and now.plan_key == made_from.plan_key:
        updated = await engine.update(name, progress)
    else:
        updated = Updated(await engine.deploy(plan, progress), time.monotonic() - began)
    definition.keep(name, now)
    return updated


async def _with_new_code(name: str, progress: Progress) -> Updated:
    """A re-fork. Without a look at the service before, which takes a container as long as the update itself."""
    for target in engines.MODULES:
        with contextlib.suppress(NoSuchService, EngineAbsent):
            return await engines.engine(target).update(name, progress)
    raise NoSuchService(name)


def _project_of(service: Service) -> Project:
    reading = read_project(service.project_file)
    if reading.project is None:
        error = next((finding for finding in reading.findings if finding.severity is Severity.ERROR), None)
        if error is None:
            raise ServiceProblem(t("{0} cannot be read any more.", service.project_file))
        raise ServiceProblem(t("{0} cannot be read any more: {1}", service.project_file, error.message), place=error.place)
    return reading.project


async def keep_updated(name: str, *, progress: Progress = silent) -> AsyncIterator[Updated | ScoredockError]:
    """Update the service at every save until it ends or the caller stops asking; what came of each."""
    _, service = await _engine_of(name)
    made_from = definition.kept(name)
    async for _ in watch.saves(_project_of(service), made_from.files if made_from else ()):
        if await find(name) is None:
            return
        try:
            yield await update(name, progress=progress)
        except ScoredockError as problem:
            yield problem


async def list_services() -> tuple[Service, ...]:
    """Every service of this machine, whoever started it, those that have crashed too."""
    found = await asyncio.gather(*(engines.engine(target).list() for target in engines.MODULES))
    return tuple(sorted((service for services in found for service in services), key=lambda service: service.name))


async def list_with_those_being_built() -> tuple[Service, ...]:
    """Also those of which nothing runs yet, because their environment is being made."""
    found = {service.name: service for service in building.under_way()}
    for service in await list_services():
        if service.state not in (State.CRASHED, State.STOPPED) or service.name not in found:
            found[service.name] = service
    return tuple(found[name] for name in sorted(found))


async def find(name: str) -> Service | None:
    for target in engines.MODULES:
        if found := await engines.engine(target).find(name):
            return found
    return None


async def stop(name: str, *, progress: Progress = silent) -> None:
    """End it and leave nothing of it."""
    engine, _ = await _engine_of(name)
    progress(Step(t("Stopping {0}", name)))
    await engine.delete(name)
    definition.forget(name)


async def log_batches(
    name: str, *, follow: bool = False, last: int | None = None, since: float | None = None
) -> AsyncIterator[Batch]:
    """Its log, as much at a time as has come; ``follow`` goes on until the service ends, ``since`` is a moment in seconds."""
    engine, _ = await _engine_of(name)
    async for batch in engine.logs(name, follow=follow, last=last, since=since):
        yield batch


async def logs(name: str, *, follow: bool = False, last: int | None = None, since: float | None = None) -> AsyncIterator[LogLine]:
    """Its log line by line."""
    async for batch in log_batches(name, follow=follow, last=last, since=since):
        for line in batch:
            yield line


async def events(name: str) -> AsyncIterator[Event]:
    """What happens to it from now on, until it ends."""
    engine, _ = await _engine_of(name)
    async for event in engine.events(name):
        yield event


async def findings(name: str, *, since: float | None = None) -> AsyncGenerator[Finding, None]:
    """SD502 and SD503 for every request that fails from now on (or ``since`` a moment just past), until it ends. A good
    update makes them void."""
    engine, _ = await _engine_of(name)
    async for finding in engine.findings(name, since=since):
        yield finding


async def failure(name: str, *, since: float, patience: float = 5.0) -> Finding | None:
    """The finding for the first request that failed since that moment. Its log may come a moment after the answer, so it is
    waited for ``patience`` seconds at the most."""
    async with aclosing(findings(name, since=since)) as found:
        try:
            return await within(patience, anext(found, None))
        except asyncio.TimeoutError:  # not the builtin one before Python 3.11
            return None


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
    raise NoSuchService(name)
