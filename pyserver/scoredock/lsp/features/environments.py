"""The environments that open projects want, and syncing one."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from scoredock.errors import ScoredockError
from scoredock.l10n import t
from scoredock.lsp import tools
from scoredock.lsp.documents import path_of
from scoredock.lsp.environment_files import is_environment_file
from scoredock.lsp.projects import project_at, project_now
from scoredock.lsp.protocol import DocumentParams, EnvironmentList, EnvironmentView, Nothing
from scoredock.lsp.reporting import Reporting

if TYPE_CHECKING:
    from scoredock.environment.cached import CachedEnvironment
    from scoredock.environment.values import ReadyEnvironment, Specification
    from scoredock.lsp.server import ScoredockServer
    from scoredock.project.values import Project


async def environments(server: ScoredockServer, _: Nothing) -> EnvironmentList:
    if not tools.at_hand():  # nothing can have been made yet
        return EnvironmentList(())
    return EnvironmentList(await asyncio.to_thread(_all, server))


def _all(server: ScoredockServer) -> tuple[EnvironmentView, ...]:
    from scoredock.environment.cached import cached_environments
    from scoredock.environment.reading import read_environment_file, read_specification

    found: dict[Path, EnvironmentView] = {}
    for document in server.documents:
        if document.virtual:
            continue
        try:
            if is_environment_file(document):
                specification = read_environment_file(document.path)
            else:
                project = project_now(document.path, {})
                if project is None or project.environment is None:
                    continue
                specification = read_specification(project.environment)
        except (ScoredockError, OSError):
            continue  # what is wrong with the file stands in the Problems panel
        if specification.path not in found:
            found[specification.path] = _view(server, specification)
    wanted = {view.key for view in found.values()}
    others = [item for item in cached_environments(sizes=False) if item.complete and item.key not in wanted]
    return (*found.values(), *(_other(server, item) for item in others))


def _other(server: ScoredockServer, item: CachedEnvironment) -> EnvironmentView:
    """An environment that no open document asks for: made for another project, shared by all."""
    made_from = Path(item.described_by)
    return EnvironmentView(
        key=item.key,
        title=f"{made_from.parent.name}/{made_from.name}",
        source_uri=server.documents.uri(made_from) if made_from.is_file() else "",
        state="ready",
        python=item.python_version,
        size=_size(item.prefix),
        notes=(t("made from {0}", made_from), str(item.prefix), *((t("a service runs in it"),) if item.in_use else ())),
    )


def _view(server: ScoredockServer, specification: Specification) -> EnvironmentView:
    from scoredock.environment.drift import State, environment_drift
    from scoredock.environment.sync import find

    ready = find(specification)
    drift = environment_drift(specification)
    state = "missing" if ready is None else "changed" if drift.state is State.DRIFTED else "ready"
    return EnvironmentView(
        key=ready.key if ready else "",
        title=specification.name or specification.path.name,
        source_uri=server.documents.uri(specification.path),
        state=state,
        python=(ready.python_version if ready else specification.python or "").lstrip("="),
        size=_size(ready.prefix) if ready else None,
        notes=_notes(ready),
    )


def _notes(ready: ReadyEnvironment | None) -> tuple[str, ...]:
    if ready is None:
        return ()
    server = (f"azureml-inference-server-http {ready.server.version}",) if ready.server else ()
    return (*server, str(ready.prefix), *ready.notes)


_SIZES: dict[Path, int] = {}


def _size(prefix: Path) -> int:
    """Bytes of an environment; counted once, since a finished environment does not change."""
    from scoredock.environment.cached import folder_size

    if prefix not in _SIZES:
        _SIZES[prefix], _ = folder_size(prefix)
    return _SIZES[prefix]


async def sync_environment(server: ScoredockServer, params: DocumentParams) -> EnvironmentView:
    server.require_trust()
    with Reporting(server, params.work_done_token, t("Syncing an environment")) as reporting:
        offline = server.settings.offline
        await tools.ensure(reporting.hear, offline=offline, python=server.settings.tools_python)
        from scoredock.environment.bytecode import compile_bytecode
        from scoredock.environment.sync import sync

        specification = await _specification(server, params.uri)
        ready = await sync(specification, progress=reporting.hear, offline=offline)
    server.analysis.environment_changed()
    server.refresh_views()
    server.in_background(compile_bytecode(ready))
    return await asyncio.to_thread(_view, server, specification)


async def _specification(server: ScoredockServer, uri: str) -> Specification:
    from scoredock.environment.reading import read_environment_file, read_specification

    path, document = path_of(uri), server.documents.get(uri)
    if path is not None and document is not None and is_environment_file(document):
        return await asyncio.to_thread(read_environment_file, path)
    project: Project = await project_at(server, uri)
    return await asyncio.to_thread(read_specification, project.environment)
