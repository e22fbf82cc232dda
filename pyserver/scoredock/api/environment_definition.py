"""An `Environment` as ``azureml_environment.json`` and its packages beside it, written and read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scoredock.api.conda_dependencies import CondaDependencies
from scoredock.api.exceptions import UserErrorException

if TYPE_CHECKING:
    from scoredock.api.environment import Environment

DEFINITION, CONDA = "azureml_environment.json", "conda_dependencies.yml"


def definition_of(environment: Environment) -> dict[str, Any]:
    """As the SDK writes ``azureml_environment.json``; packages stand in a file of their own."""
    return {
        "name": environment.name,
        "version": environment.version,
        "environmentVariables": dict(environment.environment_variables),
        "python": {
            "userManagedDependencies": environment.python.user_managed_dependencies,
            "interpreterPath": environment.python.interpreter_path,
            "condaDependenciesFile": CONDA if environment.python.dependencies() is not None else None,
            "baseCondaEnvironment": None,
        },
        "docker": {
            "enabled": environment.docker.enabled,
            "baseImage": environment.docker.base_image,
            "baseDockerfile": environment.docker.base_dockerfile,
            "sharedVolumes": True,
            "shmSize": None,
            "arguments": [],
            "baseImageRegistry": {"address": None, "username": None, "password": None},
        },
        "inferencingStackVersion": None,
    }


def apply(made: Environment, definition: dict[str, Any]) -> None:
    """Everything of a definition but the packages. What cannot be honoured is refused like any setting of it."""
    variables = definition.get("environmentVariables") or {}
    made.environment_variables = {str(key): str(value) for key, value in variables.items()}
    python, docker = definition.get("python") or {}, definition.get("docker") or {}
    made.python.user_managed_dependencies = bool(python.get("userManagedDependencies"))
    made.python.interpreter_path = str(python.get("interpreterPath") or "python")
    made.docker.base_image = docker.get("baseImage") or made.docker.base_image
    if docker.get("baseDockerfile"):
        made.docker.base_dockerfile = docker["baseDockerfile"]


def copy_of(dependencies: CondaDependencies | None) -> CondaDependencies | None:
    if dependencies is None:
        return None
    return CondaDependencies(_underlying_structure=json.loads(json.dumps(dependencies.as_dict())))


def of_requirements(file: Path, pip_version: str | None) -> CondaDependencies:
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as wrong:
        raise UserErrorException(f"The requirements file {file} cannot be read: {wrong.strerror}.", "Check its path.") from wrong
    lines = [re.sub(r"(^|\s)#.*$", "", line).strip() for line in text.splitlines()]
    made = CondaDependencies()
    made.remove_pip_package("azureml-defaults")
    made.add_conda_package(f"pip={pip_version}" if pip_version else "pip")
    pip = made._pip(make=True)
    pip.extend(line for line in lines if line)
    return made
