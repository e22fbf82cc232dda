"""What is saved reaches the running services of its project at once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from scoredock.errors import ScoredockError
from scoredock.l10n import t
from scoredock.lsp import tools
from scoredock.lsp.reporting import Reporting

if TYPE_CHECKING:
    from scoredock.hosting.values import Service
    from scoredock.lsp.documents import Document
    from scoredock.lsp.server import ScoredockServer

log = logging.getLogger("scoredock.lsp")

# Seconds of quiet after which a model file that is being written counts as written.
QUIET = 0.3
# In the project's folder, and yet no part of what runs.
_SAMPLES = "requests"


class UpdateOnSave:
    """Brings saves into services; several services may run the same folder."""

    def __init__(self, server: ScoredockServer) -> None:
        self._server = server
        self._locks: dict[str, asyncio.Lock] = {}
        self._waiting: set[str] = set()
        self._written: set[Path] = set()
        self._timer: asyncio.TimerHandle | None = None

    def saved(self, document: Document) -> None:
        """A document was saved in the editor: a module, a file that the script may read, a file that defines the service."""
        if self._wanted() and not document.virtual:
            path = document.path
            self._server.in_background(self._update(lambda service: is_part_of(service, path)))

    def written(self, paths: Iterable[Path]) -> None:
        """Files were written by another program. Only models count: scripts write files too, and a service that updates
        itself because its script has written one would never rest."""
        if not self._wanted():
            return
        self._written.update(paths)
        if self._timer is not None:
            self._timer.cancel()
        if self._written:
            self._timer = asyncio.get_running_loop().call_later(QUIET, self._all_written)

    def _all_written(self) -> None:
        paths, self._written = frozenset(self._written), set()
        self._server.in_background(self._update(lambda service: any(is_model_of(service, path) for path in paths)))

    def _wanted(self) -> bool:
        settings = self._server.settings
        return settings.trusted and settings.update_on_save and tools.at_hand()

    async def _update(self, concerns: Callable[[Service], bool]) -> None:
        from scoredock.hosting.values import State

        running = (State.HEALTHY, State.UNHEALTHY, State.BUSY)
        for service in await self._server.watching.refresh():
            if service.state in running and await asyncio.to_thread(concerns, service):
                await self._bring_into(service.name)

    async def _bring_into(self, name: str) -> None:
        """One after the other; whoever waits already brings in all that has been saved until it begins."""
        if name in self._waiting:
            return
        self._waiting.add(name)
        async with self._locks.setdefault(name, asyncio.Lock()):
            self._waiting.discard(name)
            with Reporting(self._server, None, t("Updating {0}", name)), self._server.watching.updating(name):
                await self._update_now(name)

    async def _update_now(self, name: str) -> None:
        from scoredock.hosting import services as hosting
        from scoredock.hosting.values import ScriptCrashed

        server = self._server
        try:
            updated = await hosting.update(name, offline=server.settings.offline)
        except ScriptCrashed as crashed:
            log.info("%s was not updated, the old code goes on: %s", name, crashed.what)
            server.watching.not_updated(name, crashed.what, crashed.findings)
        except ScoredockError as error:
            log.warning("%s was not updated: %s", name, error)
            server.watching.not_updated(name, str(error), ())
        else:
            log.info("%s: new code answers after %.3f s", name, updated.seconds)
            server.watching.updated(updated.service, updated.seconds)


def is_part_of(service: Service, path: Path) -> bool:
    """Whether a file is one of those a service is made from: in the folder of its script or project, or named by the project."""
    from scoredock.hosting import definition

    made_from = definition.kept(service.name)
    if made_from is not None and path in made_from.files:
        return True
    for folder in (service.entry_script.parent, service.project_file.parent):
        if path.is_relative_to(folder):
            inner = path.relative_to(folder).parts
            return inner[0] != _SAMPLES and not any(part.startswith(".") for part in inner)
    return False


def is_model_of(service: Service, path: Path) -> bool:
    """Whether a file is a model of a service's project, or lies in one."""
    from scoredock.project import read_project

    project = read_project(service.project_file).project
    models = project.models if project else ()
    return any(model.source is not None and path.resolve().is_relative_to(model.source.resolve()) for model in models)
