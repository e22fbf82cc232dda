"""Which packages the services run with, by the environment file that each was made from."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from scoredock.lsp.projects import project_now

if TYPE_CHECKING:
    from scoredock.hosting.values import Service
    from scoredock.lsp.surroundings import Running


class RunningPackages:
    """Asked once for each environment: one that a service runs with does not change."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], dict[str, str]] = {}

    async def of(self, services: Iterable[Service]) -> Running:
        """Environment file -> service -> its packages. Services whose packages nobody knows are left out."""
        from scoredock.errors import ScoredockError
        from scoredock.hosting.installed import installed_in
        from scoredock.hosting.values import ServiceProblem

        found: dict[Path, dict[str, dict[str, str]]] = {}
        for service in services:
            key = (service.target, service.environment_key)
            if key not in self._known:
                try:
                    self._known[key] = await installed_in(service)
                except ServiceProblem:
                    self._known[key] = {}
                except ScoredockError:
                    continue  # an engine that was busy for a moment may know next time
            file = await asyncio.to_thread(_environment_file, service.project_file)
            if file is not None and self._known[key]:
                found.setdefault(file, {})[service.name] = self._known[key]
        return found


def _environment_file(project_file: Path) -> Path | None:
    from scoredock.project.values import CondaFile, RequirementsFile

    project = project_now(project_file, {})
    source = project.environment if project is not None else None
    return source.path if isinstance(source, CondaFile | RequirementsFile) else None
