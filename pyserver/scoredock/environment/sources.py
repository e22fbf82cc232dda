"""Where named environments come from: this machine, and whatever else plugs in here."""

from __future__ import annotations

import re
from typing import Protocol

from scoredock.environment.named import NamedEnvironment, NamedEnvironments
from scoredock.environment.values import EnvironmentProblem, Specification
from scoredock.l10n import t
from scoredock.models.workspace import LOCAL, WorkspaceFile, find_workspace
from scoredock.progress import Progress, silent
from scoredock.project.deployment import of_reference
from scoredock.project.values import EnvironmentReference


class Source(Protocol):
    """Somewhere environments are registered. Calls may take long and may be cancelled; each raises an `EnvironmentProblem`."""

    name: str  # as users know it: "this machine", or the workspace's name

    async def environments(self, name: str | None = None) -> tuple[NamedEnvironment, ...]:
        """The versions there are; ``file`` of each is where its conda file lies here, whether it has been fetched or not."""
        ...

    async def find(self, name: str, version: str | None = None) -> NamedEnvironment | None:
        """One version, the latest unless one is given; ``None`` when this source has none of that name and version."""
        ...

    async def fetch(self, environment: NamedEnvironment, progress: Progress = silent) -> Specification:
        """What the environment asks for; what is here already is not fetched again."""
        ...


class LocalSource:
    """The named environments that this machine keeps for a workspace."""

    name = "this machine"

    def __init__(self, workspace: WorkspaceFile) -> None:
        self.shelf = named_in(workspace)

    async def environments(self, name: str | None = None) -> tuple[NamedEnvironment, ...]:
        return tuple(found for found in self.shelf.all() if name in (None, found.name))

    async def find(self, name: str, version: str | None = None) -> NamedEnvironment | None:
        return self.shelf.get(name, version)

    async def fetch(self, environment: NamedEnvironment, progress: Progress = silent) -> Specification:
        return environment.specification()


def named_in(workspace: WorkspaceFile) -> NamedEnvironments:
    """The environments of one workspace: another one may have others under the same names, as in Azure."""
    return NamedEnvironments(workspace.folder / "environments" / "named")


def resolve(reference: EnvironmentReference) -> Specification:
    """What ``azureml:NAME:VERSION`` means here: looked up in the workspace of the file that says it, then on this machine.

    Raises EnvironmentProblem with what would be needed for one that is registered in Azure at most.
    """
    workspaces = [WorkspaceFile(LOCAL)]
    if reference.place is not None:
        workspaces.insert(0, find_workspace(reference.place.path.parent))
    name, version = of_reference(reference.text)
    for workspace in workspaces:
        found = named_in(workspace).get(name, version) if name else None
        if found is not None:
            return found.specification()
    register = "scoredock env register CONDA-FILE" + (f" --name {name}" if name else "")
    register += f" --version {version}" if version and re.fullmatch(r"[\w.-]+", version) and version != "latest" else ""
    raise EnvironmentProblem(
        t("The environment '{0}' lives in an Azure workspace and is not registered on this machine.", reference.text),
        t("Save its conda file, then: {0}; or name the conda file in the deployment.", register),
        place=reference.place,
    )
