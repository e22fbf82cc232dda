"""From an environment file to an interpreter that is ready: what other rooms call.

`read_specification(source)` reads, `find(specification)` says at once whether it is ready, `sync(specification, …)`
makes it ready. The same content gives the same environment, for every project and every process of this machine.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from scoredock.environment import store
from scoredock.environment.cached import touch
from scoredock.environment.conda_strategy import NoConda
from scoredock.environment.inherit import inherit_bytecode
from scoredock.environment.installed import installed_distributions, site_packages
from scoredock.environment.key import environment_key
from scoredock.environment.lock_text import Resolved, read_lock, write_lock
from scoredock.environment.own import named_interpreter, own_environment
from scoredock.environment.reading import read_specification
from scoredock.environment.server_package import names_the_server, server_of
from scoredock.environment.strategies import WAYS, Job, Made
from scoredock.environment.tools import fetch_uv
from scoredock.environment.uv import Uv
from scoredock.environment.values import EnvironmentProblem, Note, ReadyEnvironment, Specification, Strategy
from scoredock.l10n import deferred, t
from scoredock.patience import to_its_end
from scoredock.progress import Progress, Step, silent

__all__ = ["find", "read_specification", "sync"]


def find(specification: Specification, strategy: Strategy | None = None) -> ReadyEnvironment | None:
    """The environment of a specification if it is ready now; a few milliseconds, no process, no network.

    An interpreter of the user's is never found: it takes a process to look at it, which `sync` does.
    """
    if specification.interpreter is not None:
        return None
    for way in (strategy,) if strategy else strategies(specification):
        found = store.ready(environment_key(specification, way))
        if found:
            return replace(found, variables=specification.variables)
    return None


async def sync(
    specification: Specification,
    *,
    progress: Progress = silent,
    offline: bool = False,
    upgrade: bool = False,
    strategy: Strategy | None = None,
) -> ReadyEnvironment:
    """Make the environment ready; does nothing when it is, and repairs it when it was damaged.

    The versions resolved first are kept and used again until ``upgrade`` asks for new ones; ``offline`` uses what is
    cached and says what is missing. ``strategy`` insists on one way; otherwise conda packages come from conda, and from
    PyPI where no channel can be reached (``notes`` says so). Raises EnvironmentProblem. Cancelling ends everything that
    was started; a half-made environment is never found by anybody.
    """
    if specification.interpreter is not None:
        own = await own_environment(named_interpreter(specification), progress)
        return replace(own, variables=specification.variables)
    ways = (strategy,) if strategy else strategies(specification)
    if not upgrade:
        for way in ways:
            if found := await asyncio.to_thread(store.ready, environment_key(specification, way), deep=True):
                touch(found.key)
                return replace(found, variables=specification.variables)
    try:
        return await _sync(specification, ways[0], progress, offline=offline, upgrade=upgrade)
    except NoConda as none:
        if len(ways) < 2:
            raise EnvironmentProblem(
                t("The conda packages cannot be installed: {0}.", none.reason),
                t("Check the network and the channels, or take their twins from PyPI."),
                details=none.details,
            ) from None
        reason = none.reason
    progress(Step(t("Taking conda packages from PyPI instead"), str(reason)))
    note = Note(deferred("{0}, so conda packages were taken from PyPI."), (replace(reason, opens=True),))
    return await _sync(specification, ways[1], progress, offline=offline, upgrade=upgrade, note=note)


def strategies(specification: Specification) -> tuple[Strategy, ...]:
    """The ways that suit a specification, the most faithful first."""
    return (Strategy.CONDA, Strategy.MAPPED) if specification.conda else (Strategy.UV,)


async def _sync(
    specification: Specification,
    strategy: Strategy,
    progress: Progress,
    *,
    offline: bool,
    upgrade: bool,
    note: Note | None = None,
) -> ReadyEnvironment:
    key = environment_key(specification, strategy)
    async with store.held(key, progress):
        # Another process may have made it while this one waited.
        if not upgrade and (found := await asyncio.to_thread(store.ready, key, deep=True)):
            return replace(found, variables=specification.variables)
        await asyncio.to_thread(store.sweep, key)
        await fetch_uv(progress)
        folder = store.new_folder(key)
        try:
            locked = () if upgrade else read_lock(store.lock_path(key))
            job = Job(specification, folder, Uv(folder=folder, offline=offline), locked, progress, offline)
            job.scratch.mkdir()
            made = await WAYS[strategy](job)
            store.remove_folder(job.scratch)
            made = replace(made, notes=(note, *made.notes) if note else made.notes)
            progress(Step(t("Checking the environment")))
            record = _record(specification, strategy, key, folder, made)
            await to_its_end(inherit_bytecode, folder / record.packages, store.packages_of_others(record))
            ready = await to_its_end(store.complete, record, _lock_text(record, made.resolved))
        except OSError as error:
            raise store.unwritable(error) from error
        finally:
            # On success nothing but replaced environments goes; otherwise this build goes too.
            await to_its_end(store.sweep, key)
        return replace(ready, variables=specification.variables, fresh=True)


def _record(specification: Specification, strategy: Strategy, key: str, folder: Path, made: Made) -> store.Record:
    packages = site_packages(folder)
    server = server_of(installed_distributions(packages), added=not names_the_server(specification))
    return store.Record(
        key=key,
        folder=folder.name,
        interpreter=made.interpreter.relative_to(folder).as_posix(),
        packages=packages.relative_to(folder).as_posix(),
        python_version=made.python_version,
        strategy=strategy.value,
        server_version=server.version if server else None,
        server_added=bool(server and server.added),
        notes=made.notes,
        top_level=store.top_level(packages),
        described_by=str(specification.path),
        made_at=time.time(),
    )


def _lock_text(record: store.Record, resolved: tuple[Resolved, ...]) -> str:
    header = {
        "environment": record.key,
        "python": record.python_version,
        "strategy": record.strategy,
        "resolved": datetime.fromtimestamp(record.made_at, tz=timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
    }
    return write_lock(header, resolved)
