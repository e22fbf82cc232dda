"""Which registry a folder means: that of the workspace its ``config.json`` names, or the one of this machine.

A real ``config.json`` (as the Azure portal offers it for download) gives the name; nothing is asked of Azure.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from scoredock.folders import data_folder
from scoredock.l10n import t
from scoredock.models.registry import Registry
from scoredock.models.values import ModelProblem

FILE = "config.json"
LOCAL = "local"
# Azure's rule for workspace names is stricter; this one only keeps them safe as names of folders.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_\-.]{0,259}")


@dataclass(frozen=True, slots=True)
class WorkspaceFile:
    """What a ``config.json`` says. ``path`` is ``None`` for the workspace of this machine, which needs no file."""

    name: str
    path: Path | None = None
    subscription_id: str | None = None
    resource_group: str | None = None

    @property
    def folder(self) -> Path:
        """Where this machine keeps what belongs to the workspace. Two workspaces of one name in different resource groups
        are two."""
        if self.path is None:
            return data_folder()
        parts = [part for part in (self.resource_group, self.name) if part]
        return data_folder() / "workspaces" / "@".join(reversed(parts))

    @property
    def registry(self) -> Registry:
        return Registry(self.folder / "azureml-models")


def find_workspace(start: Path, name: str = FILE) -> WorkspaceFile:
    """The workspace of the nearest ``config.json`` in ``start``, above it, or in an ``.azureml`` or ``aml_config`` folder of
    these, which is where SDK v1 looks (azureml-core, `Workspace.from_config`); else the one of this machine.

    A ``config.json`` that is something else is passed over; one that means to be a workspace but is not raises.
    """
    start = start.absolute()
    for folder in (start, *start.parents):
        for file in (folder / name, folder / ".azureml" / name, folder / "aml_config" / name):
            if file.is_file() and (found := read_workspace_file(file, strict=False)):
                return found
    return WorkspaceFile(LOCAL)


def read_workspace_file(path: Path, *, strict: bool = True) -> WorkspaceFile | None:
    """The workspace that a file names; ``None`` for another kind of file, which raises when ``strict``."""
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as wrong:
        if not strict:
            return None
        raise ModelProblem(t("{0} cannot be read as JSON.", path), t("Download it again from the Azure portal.")) from wrong
    found = found if isinstance(found, dict) else {}
    names = {
        key: found[key] for key in ("workspace_name", "resource_group", "subscription_id") if isinstance(found.get(key), str)
    }
    name = names.get("workspace_name")
    if name is None:
        if not strict:
            return None
        raise ModelProblem(
            t("{0} names no workspace: it has no 'workspace_name'.", path), t("Download it again from the Azure portal.")
        )
    for part in (name, names.get("resource_group")):
        if part is not None and (not NAME.fullmatch(part) or part.endswith(".")):
            raise ModelProblem(
                t("'{0}' in {1} cannot be the name of a workspace or resource group.", part, path), t("Correct the file.")
            )
    return WorkspaceFile(name, path, names.get("subscription_id"), names.get("resource_group"))
