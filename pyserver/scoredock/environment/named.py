"""Named environments: a name and a version for a definition, kept on this machine as Azure keeps them in a workspace.

Each version is a folder ``NAME/VERSION`` with a conda file that stands alone, and is never changed once it is there; what it
resolves to is shared through the content-keyed cache like any other. Which folder belongs to which workspace is said in
``sources.py``.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from scoredock.environment.conda_file import read_conda_text
from scoredock.environment.definition import conda_definition
from scoredock.environment.requirement_lines import read_text
from scoredock.environment.values import EnvironmentProblem, Specification
from scoredock.l10n import t

# Azure's rule for the names of environments (REST reference, resource names).
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$")
_FILE = "conda.yml"
_CONSTRAINTS = "constraints.txt"


@dataclass(frozen=True, slots=True)
class NamedEnvironment:
    """A registered environment; ``file`` is its conda file."""

    name: str
    version: str
    file: Path

    def specification(self) -> Specification:
        """Read what was registered."""
        found = read_conda_text(read_text(self.file), self.file)
        return replace(found, name=self.name)


@dataclass(frozen=True, slots=True)
class NamedEnvironments:
    """The environments that are registered below one folder; making the object touches nothing."""

    folder: Path

    def register(self, specification: Specification, name: str, version: str | None = None) -> NamedEnvironment:
        """Keep a definition under a name; the next free number is its version unless one is given.

        Registering the same definition again gives the version that is there; another one under a version that exists is
        refused, as Azure refuses it.
        """
        if not _NAME.match(name):
            raise EnvironmentProblem(
                t("'{0}' cannot be the name of an environment.", name),
                t("Use letters, digits, '.', '_' and '-', beginning with a letter or digit."),
            )
        if version is not None and not _NAME.match(version):
            raise EnvironmentProblem(t("'{0}' cannot be a version.", version), t("Use letters, digits, '.', '_' and '-'."))
        definition = conda_definition(replace(specification, name=name), constraints_file=_CONSTRAINTS)
        text = yaml.safe_dump(definition, sort_keys=False)
        constraints = "".join(f"{item.text}\n" for item in specification.constraints)
        versions = self._versions(name)
        latest = versions[-1] if versions else None
        if version is None and latest is not None and _same(latest, text, constraints):
            return latest
        if version is None:
            numbers = [int(found.version) for found in versions if found.version.isdigit()]
            version = str(max(numbers, default=0) + 1)
        existing = next((found for found in versions if found.version == version), None)
        if existing is not None:
            if _same(existing, text, constraints):
                return existing
            raise EnvironmentProblem(
                t("The environment {0} {1} exists already with another definition.", name, version),
                t("Register it under a new version."),
            )
        return _keep(self.folder / name / version, text, constraints)

    def get(self, name: str, version: str | None = None) -> NamedEnvironment | None:
        """A registered environment; the latest version unless one is given."""
        versions = self._versions(name)
        if version is None or version in ("latest", "@latest"):
            return versions[-1] if versions else None
        return next((found for found in versions if found.version == version), None)

    def all(self) -> tuple[NamedEnvironment, ...]:
        """Every version of every environment, by name, oldest version first."""
        names = sorted(path.name for path in self.folder.iterdir()) if self.folder.is_dir() else []
        return tuple(found for name in names for found in self._versions(name))

    def _versions(self, name: str) -> list[NamedEnvironment]:
        if not _NAME.match(name):
            return []
        folders = (self.folder / name).glob("*")
        found = [NamedEnvironment(name, path.name, path / _FILE) for path in folders if (path / _FILE).is_file()]
        return sorted(found, key=lambda item: _order(item.version))


def _order(version: str) -> tuple[bool, int, str]:
    """Numbers first, by their value."""
    return not version.isdigit(), int(version) if version.isdigit() else 0, version


def _same(found: NamedEnvironment, text: str, constraints: str) -> bool:
    beside = found.file.with_name(_CONSTRAINTS)
    had = beside.read_text(encoding="utf-8") if beside.exists() else ""
    return found.file.read_text(encoding="utf-8") == text and had == constraints


def _keep(target: Path, text: str, constraints: str) -> NamedEnvironment:
    name, version = target.parts[-2:]
    beside = target.with_name(f".{version}.{secrets.token_hex(4)}")
    try:
        beside.mkdir(parents=True)
        (beside / _FILE).write_text(text, encoding="utf-8")
        if constraints:
            (beside / _CONSTRAINTS).write_text(constraints, encoding="utf-8")
        os.rename(beside, target)  # noqa: PTH104 - refuses to replace a version that another process registered meanwhile
    except OSError as error:
        raise EnvironmentProblem(
            t("{0} {1} could not be registered: {2}.", name, version, error.strerror), t("Register it again.")
        ) from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return NamedEnvironment(name, version, target / _FILE)
