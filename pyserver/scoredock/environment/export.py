"""Writes an environment for others: SDK v1's pair of files, a conda file with exact versions, a v2 environment YAML.

The v1 files are what `azureml.core.Environment.save_to_directory` writes and `Environment.load_from_directory` reads
(azureml-core 1.61); the v2 file is what `az ml environment create --file` and `azure.ai.ml.load_environment` read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from scoredock.environment.definition import conda_definition
from scoredock.environment.drift import resolved_of
from scoredock.environment.key import absolute_line
from scoredock.environment.lock_text import Resolved
from scoredock.environment.values import EnvironmentProblem, ReadyEnvironment, Specification
from scoredock.l10n import t

# What azureml-core 1.61 and the Azure samples take when nothing else is said.
DEFAULT_IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"
_CONSTRAINTS = "constraints.txt"
_INSTALLERS = ("pip", "setuptools", "wheel")


@dataclass(frozen=True, slots=True)
class Exported:
    """The files that were written."""

    conda_dependencies: Path
    azureml_environment: Path
    pinned: Path | None
    environment_yaml: Path


def export(
    specification: Specification,
    folder: Path,
    *,
    name: str,
    version: str | None = None,
    image: str | None = None,
    ready: ReadyEnvironment | None = None,
    overwrite: bool = False,
) -> Exported:
    """Write the files into a folder; refuses to replace any unless ``overwrite``.

    ``ready`` is the synced environment, whose exact versions the pinned file takes; without it there is none.
    """
    files = Exported(
        folder / "conda_dependencies.yml",
        folder / "azureml_environment.json",
        folder / "conda_pinned.yml" if ready else None,
        folder / "environment.yml",
    )
    for path in (files.conda_dependencies, files.azureml_environment, files.pinned, files.environment_yaml):
        if path is not None and path.exists() and not overwrite:
            raise EnvironmentProblem(t("{0} exists.", path), t("Export into another folder, or let it be overwritten."))
    definition = conda_definition(specification, constraints_file=_CONSTRAINTS)
    definition.setdefault("name", "project_environment")  # v1's own name for it
    variables = dict(definition.get("variables", {}))
    base_image = image or DEFAULT_IMAGE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if specification.constraints:
            (folder / _CONSTRAINTS).write_text("".join(f"{absolute_line(item)}\n" for item in specification.constraints))
        files.conda_dependencies.write_text(_yaml(definition), encoding="utf-8")
        v1 = azureml_environment(name=name, version=version, image=base_image, variables=variables)
        files.azureml_environment.write_text(json.dumps(v1, indent=4) + "\n", encoding="utf-8")
        if files.pinned and ready:
            files.pinned.write_text(_yaml(pinned_definition(specification, ready)), encoding="utf-8")
        v2: dict[str, Any] = {
            "$schema": "https://azuremlschemas.azureedge.net/latest/environment.schema.json",
            "name": name,
            "image": base_image,
            "conda_file": (files.pinned or files.conda_dependencies).name,
        }
        if version:
            v2["version"] = version
        files.environment_yaml.write_text(_yaml(v2), encoding="utf-8")
    except OSError as error:
        raise EnvironmentProblem(
            t("{0} cannot be written: {1}.", folder, error.strerror), t("Export into another folder.")
        ) from None
    return files


def azureml_environment(*, name: str, version: str | None, image: str, variables: dict[str, str]) -> dict[str, Any]:
    """The content of `azureml_environment.json`, key for key as azureml-core writes it; the packages stand in the conda
    file beside it."""
    return {
        "name": name,
        "version": version,
        "environmentVariables": variables,
        "python": {
            "userManagedDependencies": False,
            "interpreterPath": "python",
            "condaDependenciesFile": None,
            "baseCondaEnvironment": None,
        },
        "docker": {
            "enabled": False,
            "baseImage": image,
            "baseDockerfile": None,
            "buildContext": None,
            "sharedVolumes": True,
            "shmSize": None,
            "arguments": [],
            "baseImageRegistry": {"address": None, "username": None, "password": None, "registryIdentity": None},
            "platform": {"os": "Linux", "architecture": "amd64"},
        },
        "spark": {"repositories": [], "packages": [], "precachePackages": True},
        "databricks": {"mavenLibraries": [], "pypiLibraries": [], "rcranLibraries": [], "jarLibraries": [], "eggLibraries": []},
        "r": None,
        "inferencingStackVersion": None,
        "assetId": None,
    }


def pinned_definition(specification: Specification, ready: ReadyEnvironment) -> dict[str, Any]:
    """A conda file with the exact version of everything that was resolved, what the file left open included."""
    resolved = resolved_of(ready)
    # Installers are conda's business in a conda file; asked of pip they would replace themselves while they run. The
    # server stays even where the file lacks it: the pinned file is the one that will be deployed.
    pip = [_pinned_line(item, specification) for item in resolved if not item.conda and item.name not in _INSTALLERS]
    conda = [f"{item.name}={item.version}" for item in resolved if item.conda and item.name not in ("python", "pip")]
    python = ready.python_version if conda else ".".join(ready.python_version.split(".")[:2])
    dependencies: list[Any] = [f"python={python}", *conda, "pip"]
    if pip:
        dependencies.append({"pip": [*specification.pip_options, *pip]})
    channels = list(specification.channels) or ["conda-forge"]
    return {"name": specification.name or "project_environment", "channels": channels, "dependencies": dependencies}


def _pinned_line(item: Resolved, specification: Specification) -> str:
    if item.version is not None:
        return item.line
    # A path or URL is its own pin; the file's line has it whole, the lock's has no password.
    wanted = next((wish for wish in specification.pip if wish.name == item.name and item.name is not None), None)
    return absolute_line(wanted) if wanted else item.line


def _yaml(content: dict[str, Any]) -> str:
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
