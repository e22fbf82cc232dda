"""The parts of an `Environment`: Python and Docker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scoredock.api.conda_dependencies import CondaDependencies
from scoredock.api.telling import say_once
from scoredock.api.unsupported import refuse

# The default of azureml-core 1.61, which Scoredock's container engine takes too unless the deployment names another.
BASE_IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"


class _Section:
    """Knows its attributes: one that the SDK does not have, or that cannot be honoured, is refused when it is set."""

    _known: tuple[str, ...] = ()
    _not_here: tuple[str, ...] = ()

    def __setattr__(self, name: str, value: Any) -> None:
        section = type(self).__name__.removesuffix("Section").lower()
        if name in self._not_here:
            refuse(f"environment.{section}", "", **{name: value or None})
        elif name not in self._known:
            raise AttributeError(f"environment.{section} has no attribute '{name}'")
        super().__setattr__(name, value)


class PythonSection(_Section):
    """Which Python and which packages.

    With ``user_managed_dependencies`` the packages are those of ``interpreter_path`` ("python": the running one).
    """

    _known = ("conda_dependencies", "conda_dependencies_file", "user_managed_dependencies", "interpreter_path")
    _not_here = ("base_conda_environment",)

    def __init__(self, **kwargs: Any) -> None:
        self.conda_dependencies: CondaDependencies | None = CondaDependencies()
        self.conda_dependencies_file: str | None = None
        self.user_managed_dependencies = False
        self.interpreter_path = "python"
        for name, value in kwargs.items():
            setattr(self, name, value)

    def dependencies(self) -> CondaDependencies | None:
        """What the file asks for where one is named, else what was set."""
        return CondaDependencies(self.conda_dependencies_file) if self.conda_dependencies_file else self.conda_dependencies


class DockerSection(_Section):
    """The image that the environment is built on, or the Dockerfile that makes it: its text, its path or an open file."""

    _known = ("base_image", "base_dockerfile", "_enabled")
    _not_here = ("base_image_registry", "platform", "shared_volumes", "shm_size", "arguments", "gpu_support", "build_context")

    def __init__(self, **kwargs: Any) -> None:
        self.base_image: str | None = BASE_IMAGE
        self.base_dockerfile: str | None = None
        self._enabled = False
        for name, value in kwargs.items():
            setattr(self, name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "base_dockerfile" and value is not None:
            value = _dockerfile_text(value)
            object.__setattr__(self, "base_image", None)  # one or the other
        if name == "base_image" and value is not None:
            object.__setattr__(self, "base_dockerfile", None)
        if name == "enabled":
            say_once("environment.docker.enabled is deprecated: choose with useDocker, or deploy_configuration(target=…).")
            object.__setattr__(self, "_enabled", bool(value))
            return
        super().__setattr__(name, value)

    @property
    def enabled(self) -> bool:
        return self._enabled


def _dockerfile_text(given: Any) -> str:
    if hasattr(given, "read"):
        return str(given.read())
    text = str(given)
    if "\n" not in text and Path(text).is_file():
        return Path(text).read_text(encoding="utf-8-sig")
    return text
