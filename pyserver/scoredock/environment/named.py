"""Named environments: a name and a version for a definition, kept on this machine as Azure keeps them in a workspace.

Each version is a folder ``data/environments/named/NAME/VERSION`` with a conda file that stands alone, and is never
changed once it is there; what it resolves to is shared through the content-keyed cache like any other.
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
from scoredock.folders import data_folder
from scoredock.project.values import EnvironmentReference

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


def register(specification: Specification, name: str, version: str | None = None) -> NamedEnvironment:
    """Keep a definition under a name; the next free number is its version unless one is given.

    Registering the same definition again gives the version that is there; another one under a version that exists is
    refused, as Azure refuses it.
    """
    if not _NAME.match(name):
        raise EnvironmentProblem(
            f"'{name}' cannot be the name of an environment.",
            "Use letters, digits, '.', '_' and '-', beginning with a letter or digit.",
        )
    if version is not None and not _NAME.match(version):
        raise EnvironmentProblem(f"'{version}' cannot be a version.", "Use letters, digits, '.', '_' and '-'.")
    text = yaml.safe_dump(conda_definition(replace(specification, name=name), constraints_file=_CONSTRAINTS), sort_keys=False)
    constraints = "".join(f"{item.text}\n" for item in specification.constraints)
    versions = _versions(name)
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
            f"The environment {name} {version} exists already with another definition.", "Register it under a new version."
        )
    return _keep(name, version, text, constraints)


def get(name: str, version: str | None = None) -> NamedEnvironment | None:
    """A registered environment; the latest version unless one is given."""
    versions = _versions(name)
    if version is None or version in ("latest", "@latest"):
        return versions[-1] if versions else None
    return next((found for found in versions if found.version == version), None)


def registered() -> tuple[NamedEnvironment, ...]:
    """Every version of every registered environment, by name, oldest version first."""
    folder = _folder()
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    return tuple(found for name in names for found in _versions(name))


def specification_of_reference(reference: EnvironmentReference) -> Specification:
    """What an ``azureml:NAME:VERSION`` means on this machine; raises with what to do when it only exists in Azure."""
    text = reference.text.removeprefix("azureml:")
    match = re.fullmatch(r"([^:@/]+)(?:[:@]([^:@/]+))?", text)
    found = get(match[1], match[2]) if match else None
    if found is None:
        raise EnvironmentProblem(
            f"The environment '{reference.text}' lives in an Azure workspace and is not registered on this machine.",
            "Register its conda file here with 'scoredock env register', or name the conda file in the deployment.",
            place=reference.place,
        )
    return found.specification()


def _folder() -> Path:
    return data_folder() / "environments" / "named"


def _versions(name: str) -> list[NamedEnvironment]:
    if not _NAME.match(name):
        return []
    folder = _folder() / name
    found = [NamedEnvironment(name, path.name, path / _FILE) for path in folder.glob("*") if (path / _FILE).is_file()]
    return sorted(
        found, key=lambda item: (not item.version.isdigit(), int(item.version) if item.version.isdigit() else 0, item.version)
    )


def _same(found: NamedEnvironment, text: str, constraints: str) -> bool:
    beside = found.file.with_name(_CONSTRAINTS)
    had = beside.read_text(encoding="utf-8") if beside.exists() else ""
    return found.file.read_text(encoding="utf-8") == text and had == constraints


def _keep(name: str, version: str, text: str, constraints: str) -> NamedEnvironment:
    target = _folder() / name / version
    beside = target.with_name(f".{version}.{secrets.token_hex(4)}")
    beside.mkdir(parents=True)
    try:
        (beside / _FILE).write_text(text, encoding="utf-8")
        if constraints:
            (beside / _CONSTRAINTS).write_text(constraints, encoding="utf-8")
        os.rename(beside, target)  # noqa: PTH104 - refuses to replace a version that another process registered meanwhile
    except OSError as error:
        raise EnvironmentProblem(f"{name} {version} could not be registered: {error.strerror}.", "Register it again.") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return NamedEnvironment(name, version, target / _FILE)
