"""`Environment`: packages under a name and a version, kept on this machine."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scoredock.api.conda_dependencies import CondaDependencies
from scoredock.api.environment_definition import CONDA, DEFINITION, apply, copy_of, definition_of, of_requirements
from scoredock.api.exceptions import AzureMLException, NotOnThisMachine, UserErrorException
from scoredock.api.own_base import on_own_base
from scoredock.api.sections import DockerSection, PythonSection
from scoredock.api.telling import say, steps
from scoredock.api.unsupported import Unsupported, UnsupportedProperty, refuse
from scoredock.api.waiting import wait_for
from scoredock.errors import ScoredockError

if TYPE_CHECKING:
    from scoredock.api.workspace import Workspace
    from scoredock.environment.named import NamedEnvironment, NamedEnvironments
    from scoredock.environment.values import ReadyEnvironment, Specification
    from scoredock.project.values import Project

OF_RUNS = "belongs to training runs in Azure"


class Environment:
    """An environment definition: in memory until it is registered."""

    def __init__(self, name: str, **kwargs: Any) -> None:
        if not isinstance(name, str):
            raise TypeError(f"Environment name expected str, {type(name)} found")
        if kwargs:
            raise TypeError(f"Environment() has no parameter '{next(iter(kwargs))}'")
        self.name = name
        self.version: str | None = None
        self.python = PythonSection()
        self.docker = DockerSection()
        self.environment_variables: dict[str, str] = {}

    # Finding and keeping.

    @staticmethod
    def get(workspace: Workspace, name: str, version: str | None = None, label: str | None = None) -> Environment:
        """A registered environment, the latest version unless one is given."""
        if version is not None and label is not None:
            raise UserErrorException("Only one of version or label can be specified")
        if label is not None and label != "latest":
            refuse("Environment.get", "Environments on this machine have no labels but 'latest'.", label=label)
        shelf = _shelf(workspace)
        found = shelf.get(name, version)
        if found is None:
            known = [one.version for one in shelf.all() if one.name == name]
            wanted = f"'{name}'" + (f" version '{version}'" if version else "")
            if known:
                todo = f"Registered are the versions {', '.join(known)}."
            elif name.startswith("AzureML-"):
                todo = "It is a curated environment of Azure: save its conda file, then Environment.from_conda_specification "
                todo += f"({name!r}, file).register(workspace) makes it known here."
            else:
                todo = f"Environment.from_conda_specification({name!r}, file).register(workspace) makes it known."
            raise AzureMLException(
                f"The environment {wanted} is not registered on this machine in the workspace '{workspace.name}'.", todo
            )
        return _from_named(found)

    @staticmethod
    def list(workspace: Workspace) -> dict[str, Environment]:
        """The latest version of each registered environment, by name."""
        return {found.name: _from_named(found) for found in _shelf(workspace).all()}

    def register(self, workspace: Workspace) -> Environment:
        """Keep the definition under its name: the version it carries, or the next one. The same definition again is the
        version there is."""
        shelf = _shelf(workspace)
        try:
            kept = shelf.register(self._specification(), self.name, self.version)
        except ScoredockError as wrong:
            raise AzureMLException(wrong.what, wrong.todo, place=wrong.place, details=wrong.details) from wrong
        (kept.file.parent / DEFINITION).write_text(json.dumps(definition_of(self), indent=4), encoding="utf-8")
        self.version = kept.version
        return self

    def clone(self, new_name: str) -> Environment:
        """A copy under another name, not registered."""
        if not new_name:
            raise UserErrorException("Name is required to instantiate an Environment object")
        made = Environment(new_name)
        apply(made, definition_of(self))
        made.python.conda_dependencies = copy_of(self.python.dependencies())
        return made

    # Making.

    @staticmethod
    def from_conda_specification(name: str, file_path: Any) -> Environment:
        made = Environment(name)
        made.python.conda_dependencies = CondaDependencies(file_path)
        return made

    @staticmethod
    def from_pip_requirements(name: str, file_path: Any, pip_version: str | None = None) -> Environment:
        made = Environment(name)
        made.python.conda_dependencies = of_requirements(Path(file_path), pip_version)
        return made

    @staticmethod
    def from_docker_image(
        name: str,
        image: str,
        container_registry: Any = None,
        conda_specification: Any = None,
        pip_requirements: Any = None,
    ) -> Environment:
        """An environment on top of an image. Without packages of its own it is what the image has."""
        refuse("Environment.from_docker_image", "Log in with 'docker login'.", container_registry=container_registry)
        made = Environment(name)
        made.docker.base_image = image
        made.python.conda_dependencies = _packages(conda_specification, pip_requirements)
        return made

    @staticmethod
    def from_dockerfile(name: str, dockerfile: Any, conda_specification: Any = None, pip_requirements: Any = None) -> Environment:
        """An environment on top of the image that a Dockerfile makes: its text, its path or an open file. It is built in an
        empty folder, so it copies nothing. Without packages of its own the environment is what the image has."""
        made = Environment(name)
        made.docker.base_dockerfile = dockerfile
        made.python.conda_dependencies = _packages(conda_specification, pip_requirements)
        return made

    @staticmethod
    def load_from_directory(path: Any) -> Environment:
        """What `save_to_directory` wrote, here or by the SDK."""
        file = Path(path) / DEFINITION
        if not file.is_file():
            raise FileNotFoundError(str(file))
        definition = json.loads(file.read_text(encoding="utf-8"))
        made = Environment(str(definition.get("name") or "environment"))
        apply(made, definition)
        inline = (definition.get("python") or {}).get("condaDependencies")
        if (Path(path) / CONDA).is_file():
            made.python.conda_dependencies = CondaDependencies(Path(path) / CONDA)
        elif isinstance(inline, dict):
            made.python.conda_dependencies = CondaDependencies(_underlying_structure=inline)
        return made

    def save_to_directory(self, path: Any, overwrite: bool = False) -> None:
        """Write ``azureml_environment.json`` and ``conda_dependencies.yml`` into a new folder, or with ``overwrite`` into any."""
        os.makedirs(path, exist_ok=overwrite)  # noqa: PTH103 (raises FileExistsError as the SDK does)
        dependencies = self.python.dependencies()
        if dependencies is not None:
            dependencies.save(Path(path) / CONDA)
        (Path(path) / DEFINITION).write_text(json.dumps(definition_of(self), indent=4), encoding="utf-8")

    # Building.

    def build_local(self, workspace: Workspace, platform: str | None = None, **kwargs: Any) -> str:
        """Make the environment ready on this machine, as an interpreter with its packages, or with ``useDocker=True`` as an
        image. Prints what happens and returns where it is."""
        _check_workspace(workspace)
        use_docker = bool(kwargs.pop("useDocker", self.docker.enabled))
        refuse("Environment.build_local", pushImageToWorkspaceAcr=kwargs.pop("pushImageToWorkspaceAcr", None))
        if kwargs:
            raise TypeError(f"build_local() has no parameter '{next(iter(kwargs))}'")
        here = {"nt": "windows"}.get(os.name, "linux")
        if platform is not None and not use_docker and platform.lower() not in (here, "osx"):
            refuse("Environment.build_local", f"It is built for this machine: {here}.", platform=platform)
        if platform is not None and use_docker and platform.lower() != "linux":
            refuse("Environment.build_local", "Images are built for Linux.", platform=platform)
        if self.version is None:
            raise UserErrorException(f"Environment '{self.name}' is not registered", "Call register(workspace) first.")
        try:
            return self._build_image() if use_docker else self._build_interpreter()
        except ScoredockError as wrong:
            message = f"Building environment failed: {wrong.what}"
            raise AzureMLException(message, wrong.todo, place=wrong.place, details=wrong.details) from wrong

    def _build_interpreter(self) -> str:
        ready = self._ready()
        for note in ready.notes:
            say(note)
        say(f"The environment '{self.name}' is ready: {ready.interpreter}")
        return str(ready.interpreter)

    def _build_image(self) -> str:
        from scoredock.hosting.services import docker_environment

        project = wait_for(lambda: on_own_base(self._as_project(), self.docker.base_dockerfile, steps()))
        made = wait_for(lambda: docker_environment(project, steps()))
        say(f"The environment '{self.name}' is ready: {made.image}")
        return made.image

    def _ready(self) -> ReadyEnvironment:
        from scoredock.environment.sync import sync

        specification = self._specification()
        return wait_for(lambda: sync(specification, progress=steps()))

    # For the rest of this package.

    def _conda_text(self) -> str | None:
        dependencies = self.python.dependencies()
        return dependencies.serialize_to_string() if dependencies is not None else None

    def _specification(self) -> Specification:
        from scoredock.environment.conda_file import read_conda_text

        text = self._conda_text()
        if text is None:
            raise UserErrorException(
                f"The environment '{self.name}' has no packages of its own: it is what its image has.",
                "Give it conda dependencies.",
            )
        return read_conda_text(text, Path(f"{self.name}.yml").absolute())

    def _as_project(self) -> Project:
        """A project with this environment and nothing else, which is what the image builder asks for."""
        from scoredock.project.values import CondaFile, Project, Source

        file = Path(f"{self.name}.yml").absolute()
        text = self._conda_text()
        return Project(
            file=file,
            source=Source.INFERENCE_CONFIG,
            name=self.name,
            code=file.parent,
            entry_script=None,
            environment=CondaFile(file, text) if text is not None else None,
            base_image=self.docker.base_image,
        )

    def __repr__(self) -> str:
        return f"Environment(Name: {self.name}, Version: {self.version})"

    add_private_pip_wheel = Unsupported("uploads a wheel to the workspace", "Name the wheel's path among the pip packages.")
    build = Unsupported("builds in Azure", "Use build_local(workspace, useDocker=True).")
    from_docker_build_context = Unsupported("uploads a folder to Azure", "Deploy a deployment.yml with 'build' instead.")
    from_existing_conda_environment = Unsupported(
        "asks conda", "Write the file with 'conda env export', then use from_conda_specification."
    )
    get_image_details = Unsupported("asks Azure for the image it built", "build_local(workspace, useDocker=True) returns ours.")
    label = Unsupported("labels a version in the workspace")
    spark = UnsupportedProperty(OF_RUNS)
    databricks = UnsupportedProperty(OF_RUNS)
    r = UnsupportedProperty(OF_RUNS)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "inferencing_stack_version":
            refuse("Environment", "Name the inference server among the packages.", inferencing_stack_version=value)
        elif name not in {"name", "version", "python", "docker", "environment_variables"}:
            raise NotOnThisMachine(f"Environment.{name} cannot be set on this machine.")
        super().__setattr__(name, value)


def _packages(conda_specification: Any, pip_requirements: Any) -> CondaDependencies | None:
    if conda_specification is not None and pip_requirements is not None:
        raise UserErrorException("Only one of conda_specification or pip_requirements can be specified")
    if conda_specification is not None:
        return CondaDependencies(conda_specification)
    return of_requirements(Path(pip_requirements), None) if pip_requirements is not None else None


def _shelf(workspace: Workspace) -> NamedEnvironments:
    """What this machine keeps under the workspace's name."""
    from scoredock.environment.sources import named_in

    _check_workspace(workspace)
    return named_in(workspace._file)


def _from_named(found: NamedEnvironment) -> Environment:
    made = Environment(found.name)
    beside = found.file.parent / DEFINITION
    if beside.is_file():
        apply(made, json.loads(beside.read_text(encoding="utf-8")))
    made.python.conda_dependencies = CondaDependencies(found.file)
    made.version = found.version
    return made


def _check_workspace(workspace: Workspace) -> None:
    from scoredock.api.workspace import Workspace as Known

    if not isinstance(workspace, Known):
        raise UserErrorException(f"workspace has to be a Workspace, not {type(workspace).__name__}.")
