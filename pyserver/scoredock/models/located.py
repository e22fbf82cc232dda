"""Models that a project only names, found on this machine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

from scoredock.models.sources import resolve
from scoredock.models.workspace import find_workspace
from scoredock.project.values import ModelMount, Project


def with_local_models(project: Project) -> Project:
    """``project`` with every model reference (``azureml:NAME:VERSION``) replaced by the registered model it means here.

    Looked up in the workspace of the project's folder, then on this machine, and verified. Raises `ModelNotFound` with
    what would be needed, at the place of the reference.
    """
    if all(mount.source is not None or mount.reference is None for mount in project.models):
        return project
    workspace = find_workspace(project.folder)
    several = len(project.models) > 1

    def located(mount: ModelMount) -> ModelMount:
        if mount.source is not None or mount.reference is None:
            return mount
        # The project has read the reference already: `azureml://registries/…/models/NAME/versions/VERSION` is one too.
        named = ":".join(part for part in (mount.name, mount.version) if part) or mount.reference
        model = resolve(named, workspace, mount.place)
        inside = PurePosixPath(model.name, model.version, model.entry) if several else PurePosixPath(model.entry)
        return replace(mount, source=model.path, mounted_as=inside, name=model.name, version=model.version)

    return replace(project, models=tuple(map(located, project.models)))
