"""What was deployed under a name: enough to deploy it again, kept so that a later script can."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from scoredock.api.exceptions import WebserviceException
from scoredock.api.telling import say, say_once
from scoredock.errors import ScoredockError
from scoredock.folders import state_folder
from scoredock.models.records import read_json, write_json
from scoredock.project.values import CondaFile, ModelMount, Project, Source

if TYPE_CHECKING:
    from scoredock.api.inference_config import InferenceConfig
    from scoredock.api.workspace import Workspace
    from scoredock.hosting.values import Target

LOCAL_VERSION = "0"  # SDK v1 gives it to a model that is no more than a path


@dataclass(frozen=True)
class Served:
    """One model of a deployment: where it lies, and under which name and version the service sees it."""

    name: str
    version: str
    path: str


@dataclass(frozen=True)
class Deployment:
    """A service as it was asked for. All paths are absolute."""

    models: tuple[Served, ...] = ()
    entry_script: str = ""
    source_directory: str | None = None
    conda: str | None = None  # the text of the conda file; None: what the image or interpreter has
    interpreter: str | None = None  # of an environment that the user manages
    variables: dict[str, str] = field(default_factory=dict)
    base_image: str | None = None
    base_dockerfile: str | None = None  # its text; makes the base image
    port: int | None = None
    target: str | None = None

    def with_inference(self, config: InferenceConfig) -> Deployment:
        environment = config.environment
        own = environment.python.user_managed_dependencies
        return replace(
            self,
            entry_script=os.path.abspath(config._script()),  # noqa: PTH100 (links keep their names)
            source_directory=os.path.abspath(config.source_directory) if config.source_directory else None,  # noqa: PTH100
            conda=None if own else environment._conda_text(),
            interpreter=environment.python.interpreter_path if own else None,
            variables={str(key): str(value) for key, value in environment.environment_variables.items()},
            base_image=environment.docker.base_image,
            base_dockerfile=environment.docker.base_dockerfile,
        )

    def project(self, name: str) -> Project:
        script = Path(self.entry_script)
        code = Path(self.source_directory) if self.source_directory else script.parent
        several = len(self.models) > 1
        return Project(
            file=script,
            source=Source.INFERENCE_CONFIG,
            name=name,
            code=code,
            entry_script=script,
            # AML_APP_ROOT holds the source directory under its own name; AZUREML_SOURCE_DIRECTORY adds that folder itself.
            import_roots=(code.parent, code) if self.source_directory else (code,),
            models=tuple(_mount(model, several=several) for model in self.models),
            environment=CondaFile(script.parent / f"{name}.yml", self.conda) if self.conda is not None else None,
            base_image=self.base_image,
            environment_variables=tuple(self.variables.items()),
            port=self.port,
        )


def _mount(model: Served, *, several: bool) -> ModelMount:
    path = Path(model.path)
    inside = PurePosixPath(model.name, model.version, path.name) if several else PurePosixPath(path.name)
    return ModelMount(path, inside, reference=None, name=model.name, version=model.version)


def served(workspace: Workspace, models: Sequence[Any]) -> tuple[Served, ...]:
    """Models as they were given: `Model` objects, names of registered models, or paths."""
    from scoredock.api.model import Model

    found: list[Served] = []
    for given in models:
        model = given
        if isinstance(given, str):
            try:
                model = Model(workspace, id=given)
            except WebserviceException:
                path = Path(given)
                if not path.exists():
                    raise
                say(f"Using the local model {given}")
                name = path.resolve().name[:30]
                found.append(Served(name, LOCAL_VERSION, os.path.abspath(given)))  # noqa: PTH100
                continue
        if not isinstance(model, Model):
            raise NotImplementedError("Models must either be of type scoredock.Model or a str path to a file or folder.")
        found.append(Served(model.name, str(model.version), str(model._path())))
    return tuple(found)


def choose_target(asked: str | None) -> Target:
    """The engine: what was asked for, else SCOREDOCK_TARGET, else Docker where there is an engine, as in SDK v1."""
    wanted = asked or os.environ.get("SCOREDOCK_TARGET")
    if wanted == "process":
        return "process"
    if wanted == "docker":
        return "docker"
    if wanted:
        raise WebserviceException(f"There is no target '{wanted}'.", "Choose 'docker' or 'process'.")
    if docker_answers():
        return "docker"
    say_once(
        "No Docker engine answers on this machine: the service runs as a process, under the same inference server. "
        "deploy_configuration(target='process') or 'docker' chooses."
    )
    return "process"


def docker_answers() -> bool:
    from scoredock.engine.connection import connect

    try:
        connect().close()
    except ScoredockError:
        return False
    return True


def _file(workspace: Workspace, name: str) -> Path:
    return state_folder() / "api" / workspace._file.folder.name / f"{name}.json"


def keep(workspace: Workspace, name: str, deployment: Deployment) -> None:
    write_json(_file(workspace, name), asdict(deployment), lasting=False)


def kept(workspace: Workspace, name: str) -> Deployment | None:
    """What `keep` wrote; ``None`` for a service that was started otherwise."""
    try:
        found = read_json(_file(workspace, name))
        return Deployment(**{**found, "models": tuple(Served(**model) for model in found["models"])})
    except (OSError, ValueError, TypeError, KeyError, json.JSONDecodeError):
        return None


def forget(workspace: Workspace, name: str) -> None:
    _file(workspace, name).unlink(missing_ok=True)
