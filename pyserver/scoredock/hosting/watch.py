"""Files of a project as they are saved: told by the system, not looked for."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from watchfiles import Change, awatch

from scoredock.project.values import Project

# Folders of tools, environments and caches: their thousands of folders are neither watched nor anybody's code.
_NOT_CODE = frozenset(("__pycache__", "node_modules", "site-packages", "venv", "env", "mlruns", "dist", "build"))
_MOST_FOLDERS = 2000
_SETTLE = 50  # milliseconds: an editor that writes a file in several steps is one save


class Kind(Enum):
    """What a save means for a running service."""

    CODE = "code"  # a re-fork
    MODEL = "model"  # a re-fork
    DEFINITION = "definition"  # perhaps a new environment or new variables


@dataclass(frozen=True, slots=True)
class Saved:
    """Files that were saved at about the same time."""

    kinds: frozenset[Kind]
    files: tuple[Path, ...]


def folders_of_code(root: Path) -> list[Path]:
    """The folder and those below it that may hold the user's modules."""
    found = []
    for base, inner, _ in os.walk(root):
        found.append(Path(base))
        if len(found) >= _MOST_FOLDERS:
            break
        inner[:] = [name for name in inner if name not in _NOT_CODE and name[0] != "." and not _is_environment(Path(base, name))]
    return found


def _is_environment(folder: Path) -> bool:
    return (folder / "pyvenv.cfg").exists() or (folder / "conda-meta").is_dir()


async def saves(project: Project, definition: Iterable[Path] = (), stop: asyncio.Event | None = None) -> AsyncIterator[Saved]:
    """Every save of a Python file below the code folder, of a model, or of a file that defines the service.

    Other files in the code folder do not count: scripts write there, and a service that updates itself because its script
    has written a file would never rest.
    """
    defining = {path.resolve() for path in (project.file, *definition) if path.suffix != ".py"}
    models = [model.source.resolve() for model in project.models if model.source is not None]
    while stop is None or not stop.is_set():
        code = folders_of_code(project.code.resolve())
        watched = {*code, *(path.parent for path in defining)}
        for model in models:
            watched.update(folders_of_code(model) if model.is_dir() else [model.parent])
        again = False
        async for changes in awatch(
            *sorted(path for path in watched if path.is_dir()),
            watch_filter=None,
            recursive=False,
            debounce=_SETTLE,
            step=_SETTLE,
            stop_event=stop,
        ):
            paths = [Path(text) for _, text in changes]
            kinds = {path: kind for path in paths if (kind := _kind(path, code, models, defining))}
            again = any(change is not Change.deleted and Path(text).is_dir() for change, text in changes)
            if again:
                # A folder that is new has files of its own, of which nothing was told.
                new = [path for path in paths if path.is_dir() and path.parent in watched and path not in watched]
                kinds.update({path: Kind.CODE for path in new if any(path.glob("*.py"))})
            if kinds:
                yield Saved(frozenset(kinds.values()), tuple(sorted(kinds)))
            if again:
                break
        if not again:
            return


def _kind(path: Path, code: list[Path], models: list[Path], defining: set[Path]) -> Kind | None:
    if path in defining:
        return Kind.DEFINITION
    if any(path == model or path.is_relative_to(model) for model in models):
        return Kind.MODEL
    if path.suffix == ".py" and path.parent in code:
        return Kind.CODE
    return None
