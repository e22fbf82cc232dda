"""`Model.get_model_path`: where a model lies, inside a service and outside."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from scoredock.api.exceptions import ModelNotFoundException, WebserviceException
from scoredock.models import names

if TYPE_CHECKING:
    from scoredock.api.workspace import Workspace


def model_path(model_name: str, version: int | None, workspace: Workspace | None) -> str:
    """See `Model.get_model_path`."""
    if version is not None and not isinstance(version, int):
        raise WebserviceException("version should be an int")
    if model_name is None:
        raise WebserviceException("model_name is None")
    for folder in _model_folders(model_name, version):
        entries = sorted(folder.iterdir())
        if len(entries) != 1:
            found = [entry.name for entry in entries]
            raise WebserviceException(f"Dir {folder} can contain only 1 file or folder. Found {found}")
        return str(entries[0])
    if Path(model_name).exists():
        return model_name
    if workspace is None and "AZUREML_MODEL_DIR" not in os.environ:
        from scoredock.api.workspace import Workspace

        workspace = Workspace.from_config()
    if workspace is not None:
        from scoredock.api.model import Model

        return str(Model(workspace, model_name, version=version)._path())
    raise ModelNotFoundException(
        f"Model {model_name} not found in cache at {os.environ.get('AZUREML_MODEL_DIR')} or in current working directory "
        f"{Path.cwd()}."
    )


def _model_folders(name: str, version: int | None) -> Iterator[Path]:
    """The folder of the model inside a service (AZUREML_MODEL_DIR is that of the only model, or holds all of them) or in
    ``azureml-models`` here; at most one."""
    given = os.environ.get("AZUREML_MODEL_DIR")
    if given:
        only = Path(given)
        if only.parent.name == name and (version is None or only.name == str(version)) and only.is_dir():
            yield only
            return
    for base in (Path(given) if given else None, Path(os.environ.get("AML_APP_ROOT", ""), "azureml-models")):
        if base is None or not (base / name).is_dir():
            continue
        versions = sorted((folder.name for folder in (base / name).iterdir() if folder.is_dir()), key=names.order)
        chosen = str(version) if version is not None else (versions[-1] if versions else "")
        if chosen in versions:
            yield base / name / chosen
            return
