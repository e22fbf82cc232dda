"""A saved file reaches the running service of its project at once."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from scoredock.errors import ScoredockError
from scoredock.lsp import tools

if TYPE_CHECKING:
    from scoredock.hosting.values import Service
    from scoredock.lsp.documents import Document
    from scoredock.lsp.server import ScoredockServer

log = logging.getLogger("scoredock.lsp")


def saved(server: ScoredockServer, document: Document) -> None:
    """Start the updates that a save asks for; several services may run the same folder."""
    if not server.settings.trusted or not server.settings.update_on_save:
        return
    if document.language != "python" or not tools.at_hand():
        return
    server.in_background(_update(server, document.path))


async def _update(server: ScoredockServer, path: Path) -> None:
    from scoredock.hosting import services as hosting
    from scoredock.hosting.values import ScriptCrashed, State

    running = (State.HEALTHY, State.UNHEALTHY, State.BUSY)
    concerned = [s for s in await server.watching.refresh() if s.state in running and _concerns(s, path)]
    for service in concerned:
        try:
            updated = await hosting.update(service.name)
        except ScriptCrashed as crashed:
            log.info("%s was not updated, the old code goes on: %s", service.name, crashed.what)
            server.watching.not_updated(service.name, crashed.what, crashed.findings)
        except ScoredockError as error:
            log.warning("%s was not updated: %s", service.name, error)
            server.watching.not_updated(service.name, error.what, ())
        else:
            log.info("%s: new code answers after %.3f s", service.name, updated.seconds)
            server.watching.updated(service.name, updated.seconds, updated.service.generation)


def _concerns(service: Service, path: Path) -> bool:
    """The code of a service is the folder of its script, or of its deployment file where that is above."""
    folders = {service.entry_script.parent, service.project_file.parent}
    return any(path.is_relative_to(folder) for folder in folders)
