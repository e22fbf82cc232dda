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
from scoredock.environment.installed import installed_distributions, site_packages
from scoredock.environment.key import environment_key
from scoredock.environment.lock_text import Resolved, read_lock, write_lock
from scoredock.environment.pythons import find_python
from scoredock.environment.reading import read_specification
from scoredock.environment.server_package import names_the_server, server_of
from scoredock.environment.uv import Uv
from scoredock.environment.uv_strategy import install, make_venv, resolve, wanted
from scoredock.environment.values import EnvironmentProblem, ReadyEnvironment, Specification, Strategy
from scoredock.progress import Progress, Step, silent

__all__ = ["find", "read_specification", "sync"]


def find(specification: Specification) -> ReadyEnvironment | None:
    """The environment of a specification if it is ready now; a few milliseconds, no process, no network."""
    for strategy in _strategies(specification):
        found = store.ready(environment_key(specification, strategy))
        if found:
            return replace(found, variables=specification.variables)
    return None


async def sync(
    specification: Specification, *, progress: Progress = silent, offline: bool = False, upgrade: bool = False
) -> ReadyEnvironment:
    """Make the environment ready; does nothing when it is, and repairs it when it was damaged.

    The versions resolved first are kept and used again until ``upgrade`` asks for new ones; ``offline`` uses what is
    cached and says what is missing. Raises EnvironmentProblem. Cancelling ends everything that was started; a
    half-made environment is never found by anybody.
    """
    strategy = _strategies(specification)[0]
    key = environment_key(specification, strategy)
    if not upgrade and (found := await asyncio.to_thread(store.ready, key, deep=True)):
        return replace(found, variables=specification.variables)
    async with store.held(key, progress):
        # Another process may have made it while this one waited.
        if not upgrade and (found := await asyncio.to_thread(store.ready, key, deep=True)):
            return replace(found, variables=specification.variables)
        await asyncio.to_thread(store.sweep, key)
        folder = store.new_folder(key)
        try:
            made = await _make(specification, strategy, key, folder, progress, offline=offline, upgrade=upgrade)
        except OSError as error:
            raise store.unwritable(error) from error
        finally:
            # On success nothing but replaced environments goes; otherwise this build goes too.
            await asyncio.shield(asyncio.to_thread(store.sweep, key))
        return replace(made, variables=specification.variables, fresh=True)


def _strategies(specification: Specification) -> tuple[Strategy, ...]:
    return (Strategy.UV,) if not specification.conda else (Strategy.CONDA, Strategy.MAPPED)


async def _make(
    specification: Specification, strategy: Strategy, key: str, folder: Path, progress: Progress, *, offline: bool, upgrade: bool
) -> ReadyEnvironment:
    if strategy is not Strategy.UV:
        raise EnvironmentProblem("Conda packages cannot be installed yet.")
    uv = Uv(folder=folder, offline=offline)
    python = await find_python(specification, uv, progress, offline=offline)
    want = wanted(specification, specification.pip, python.version)
    locked = () if upgrade else read_lock(store.lock_path(key))
    resolved = locked or await resolve(want, specification, uv, progress, python=python.path, scratch=folder / ".scoredock")
    interpreter = await make_venv(folder, python.path, specification.name or "scoredock", specification, uv)
    await install(resolved, want, specification, uv, progress, interpreter=interpreter)
    packages = site_packages(folder)
    installed = installed_distributions(packages)
    server = server_of(installed, added=not names_the_server(specification))
    record = store.Record(
        key=key,
        folder=folder.name,
        interpreter=interpreter.relative_to(folder).as_posix(),
        packages=packages.relative_to(folder).as_posix(),
        python_version=python.version,
        strategy=strategy.value,
        server_version=server.version if server else None,
        server_added=bool(server and server.added),
        notes=tuple(note for note in (python.note,) if note),
        top_level=store.top_level(packages),
        described_by=str(specification.path),
        made_at=time.time(),
    )
    progress(Step("Checking the environment"))
    return await asyncio.to_thread(store.complete, record, _lock_text(record, resolved))


def _lock_text(record: store.Record, resolved: tuple[Resolved, ...]) -> str:
    header = {
        "environment": record.key,
        "python": record.python_version,
        "strategy": record.strategy,
        "resolved": datetime.fromtimestamp(record.made_at, tz=timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
    }
    return write_lock(header, resolved)
