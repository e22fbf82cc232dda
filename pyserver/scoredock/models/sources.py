"""Where models come from: this machine, and whatever else plugs in here."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from scoredock.finding import Place
from scoredock.l10n import t
from scoredock.models.names import parse_reference
from scoredock.models.records import RegisteredModel
from scoredock.models.registry import Registry
from scoredock.models.values import ModelNotFound
from scoredock.models.workspace import WorkspaceFile
from scoredock.progress import Progress, silent


class Source(Protocol):
    """Somewhere models are registered. Calls may take long and may be cancelled; each raises a `ModelProblem`."""

    name: str  # as users know it: "this machine", or the workspace's name

    async def models(self, name: str | None = None) -> tuple[RegisteredModel, ...]:
        """The versions there are; ``path`` of each is where it lies here, whether it has been fetched or not."""
        ...

    async def find(self, name: str, version: str | None = None) -> RegisteredModel | None:
        """One version, the latest unless one is given; ``None`` when this source has none of that name and version."""
        ...

    async def fetch(self, model: RegisteredModel, progress: Progress = silent) -> Path:
        """The file or folder of ``model`` on this machine, verified; what is here already is not fetched again."""
        ...


class LocalSource:
    """The registry on this machine."""

    name = "this machine"

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    async def models(self, name: str | None = None) -> tuple[RegisteredModel, ...]:
        return self.registry.models(name)

    async def find(self, name: str, version: str | None = None) -> RegisteredModel | None:
        try:
            return self.registry.get(name, version)
        except ModelNotFound:
            return None

    async def fetch(self, model: RegisteredModel, progress: Progress = silent) -> Path:
        self.registry.verify(model)
        return model.path


def resolve(reference: str, workspace: WorkspaceFile, place: Place | None = None) -> RegisteredModel:
    """The local model that ``azureml:NAME:VERSION`` means, looked up in the workspace of the project, then on this machine.

    One that is missing raises `ModelNotFound` with what would be needed.
    """
    name, version = parse_reference(reference)
    for registry in dict.fromkeys((workspace.registry.root, WorkspaceFile("local").registry.root)):
        try:
            found = Registry(registry).get(name, version)
        except ModelNotFound:
            continue
        Registry(registry).verify(found)
        return found
    wanted = f"{name}:{version}" if version else name
    command = f"scoredock model register PATH --name {name}" + (f" --version {version}" if version else "")
    raise ModelNotFound(
        t("The model '{0}' is registered in an Azure workspace at most, not on this machine.", reference),
        t("Download it and register it here: {0}; then {1} means that.", command, wanted),
        place=place,
    )
