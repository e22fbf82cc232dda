"""The project of a document: what the editor's actions are about."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from scoredock.errors import ScoredockError
from scoredock.l10n import t
from scoredock.lsp.documents import path_of

if TYPE_CHECKING:
    from scoredock.lsp.server import ScoredockServer
    from scoredock.project.values import Project


class NoProject(ScoredockError):
    """No project can be made of a document."""


async def project_at(server: ScoredockServer, uri: str) -> Project:
    """The project of a script or project file as it is on the disk, which is what runs. Raises NoProject."""
    path = path_of(uri)
    if path is None:
        raise NoProject(t("This document is not a file."), t("Save it in a folder first."))
    from scoredock.project import read_project

    reading = await asyncio.to_thread(read_project, path)
    if reading.project is None:
        place = next((finding.place for finding in reading.findings), None)
        todo = t("It needs an entry script or a deployment file.")
        raise NoProject(t("No project can be read from {0}.", path.name), todo, place=place)
    return reading.project


def project_now(path: Path, overlay: Mapping[Path, str]) -> Project | None:
    """The project of a file as the editor shows it, or None."""
    from scoredock.project import read_project

    return read_project(path, overlay=overlay).project
