"""Where the file that describes an environment takes another package from PyPI."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from pathlib import Path

from scoredock.finding import Insertion
from scoredock.project.insertion import pip_line, requirements_line
from scoredock.project.marked import Document, Mapping, Marked, Sequence
from scoredock.project.packages import packages_of
from scoredock.project.texts import Texts
from scoredock.project.values import CondaFile, RequirementsFile


def package_line(source: CondaFile | RequirementsFile, overlay: AnyMapping[Path, str] | None = None) -> Insertion | None:
    """The place for another pip line; ``None`` where the file has no list to add it to. ``overlay`` holds unsaved texts."""
    texts = Texts(overlay)
    if isinstance(source, RequirementsFile):
        text = texts.text(source.path)
        return None if text is None else requirements_line(Document(source.path, text, None))
    if source.path.suffix.lower() == ".json":
        return None
    document = texts.document(source.path)
    definition = document.root if source.inline is None else _inline_definition(document.root)
    dependencies = definition.get("dependencies") if isinstance(definition, Mapping) else None
    if not isinstance(dependencies, Sequence):
        return None
    has_pip = any(package.name == "pip" for package in packages_of(dependencies, document, texts))
    return pip_line(document, dependencies, has_pip=has_pip)


def _inline_definition(root: Marked | None) -> Marked | None:
    """The conda definition inside a deployment file."""
    environment = root.get("environment") if isinstance(root, Mapping) else None
    return environment.get("conda_file") if isinstance(environment, Mapping) else None
