"""A project that names a registered model finds it on this machine."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath

import pytest

from scoredock.models.located import with_local_models
from scoredock.models.values import ModelNotFound
from scoredock.models.workspace import WorkspaceFile, find_workspace
from scoredock.project import read_project
from scoredock.project.values import Project

DEPLOYMENT = """\
name: blue
endpoint_name: digits
instance_type: Standard_DS3_v2
model: {}
code_configuration: {{code: ., scoring_script: score.py}}
environment: {{image: an-image, conda_file: conda.yml}}
"""


def project(folder: Path, reference: str) -> Project:
    (folder / "deployment.yml").write_text(DEPLOYMENT.format(reference), encoding="utf-8")
    (folder / "conda.yml").write_text("dependencies: [python=3.11]\n", encoding="utf-8")
    (folder / "score.py").write_text("def init(): ...\ndef run(data): ...\n", encoding="utf-8")
    found = read_project(folder / "deployment.yml").project
    assert found is not None
    return found


@pytest.mark.parametrize(
    "reference",
    ["azureml:forest:1", "azureml:forest@latest", "azureml://registries/shared/models/forest/versions/1"],
)
def test_a_reference_means_the_registered_model(tmp_path: Path, forest_file: Path, reference: str) -> None:
    model = WorkspaceFile("local").registry.register(forest_file, "forest")
    (mount,) = with_local_models(project(tmp_path, reference)).models
    assert (mount.source, mount.mounted_as) == (model.path, PurePosixPath("forest.joblib"))
    assert (mount.name, mount.version) == ("forest", "1")


def test_the_workspace_of_the_project_comes_first(tmp_path: Path, forest_file: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"workspace_name": "ws", "resource_group": "rg"}), encoding="utf-8")
    WorkspaceFile("local").registry.register(forest_file, "forest")
    model = find_workspace(tmp_path).registry.register(forest_file, "forest")
    (mount,) = with_local_models(project(tmp_path, "azureml:forest:1")).models
    assert mount.source == model.path


def test_one_that_is_missing_says_what_would_be_needed(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match="scoredock model register PATH --name forest --version 1") as caught:
        with_local_models(project(tmp_path, "azureml:forest:1"))
    assert caught.value.place is not None
    assert (caught.value.place.path, caught.value.place.line) == (tmp_path / "deployment.yml", 4)


def test_a_project_with_a_path_stays_as_it_is(tmp_path: Path) -> None:
    found = project(tmp_path, "{path: score.py}")
    assert with_local_models(found) is found
