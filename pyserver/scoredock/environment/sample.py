"""The environment of the sample project, under a name of its own."""

from __future__ import annotations

from pathlib import Path

from scoredock.environment.named import NamedEnvironment
from scoredock.environment.reading import read_environment_file
from scoredock.environment.sources import named_in
from scoredock.models.workspace import find_workspace


def register_sample(folder: Path) -> NamedEnvironment:
    """Register the conda file of a sample project under the name that it carries, so that scripts can ask for it by name
    and version. The same definition again is the version there is."""
    specification = read_environment_file(folder / "conda.yml")
    return named_in(find_workspace(folder)).register(specification, specification.name or "sample")
