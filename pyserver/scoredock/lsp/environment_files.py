"""Environment files that are open: their lines against what is installed. Read once for each state of the text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from scoredock.environment.values import EnvironmentProblem

if TYPE_CHECKING:
    from scoredock.environment.drift import Line
    from scoredock.environment.values import Specification
    from scoredock.lsp.documents import Document
    from scoredock.lsp.server import ScoredockServer

_DEPENDENCIES = re.compile(r"^dependencies\s*:", re.MULTILINE)


def is_environment_file(document: Document) -> bool:
    """A conda file by its keys, a requirements file by its name."""
    return is_environment_text(document.path, document.source)


def is_environment_text(path: Path, text: str) -> bool:
    """As `is_environment_file`, for a text that stands in the editor."""
    if path.suffix in (".yml", ".yaml"):
        return _DEPENDENCIES.search(text) is not None and "code_configuration" not in text
    return bool(re.fullmatch(r".*requirements.*\.(?:txt|in)", path.name))


def specification_of(document: Document) -> Specification | None:
    """The environment that the text describes as it stands in the editor; None while it cannot be read."""
    return None if document.virtual else specification_of_text(document.path, document.source)


def specification_of_text(path: Path, text: str) -> Specification | None:
    """As `specification_of`, for a text that stands in the editor."""
    from scoredock.environment.conda_file import read_conda_text
    from scoredock.environment.reading import read_requirements

    try:
        if path.suffix in (".yml", ".yaml"):
            return read_conda_text(text, path)
        return read_requirements(path, text)
    except EnvironmentProblem:
        return None


def saved_specification_of(document: Document) -> Specification | None:
    """The environment that the file describes as it was saved last: what was synced, while a line is being added to it."""
    from scoredock.environment.reading import read_environment_file

    if document.virtual:
        return None
    try:
        return read_environment_file(document.path)
    except EnvironmentProblem:
        return None


def lines_of(_: ScoredockServer, document: Document) -> tuple[Line, ...]:
    """Each dependency with what was resolved and what is installed."""
    from scoredock.environment.drift import environment_drift

    specification = specification_of(document)
    if specification is None:
        return ()
    found = environment_drift(specification)
    return tuple(line for line in found.lines if line.place is None or line.place.path == document.path)
