"""Where code and models lie in a container: Azure's places, for both generations of its files."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from scoredock.hosting.docker_layout import OURS, RUNTIME, identity_of, laid_out, paths_of
from scoredock.hosting.values import Plan, ServiceProblem
from scoredock.project.values import ModelMount, Project, Source


@pytest.fixture
def work(tmp_path: Path) -> Path:
    for name in ("src/online/score.py", "models/a/weights", "models/b.pkl"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def plan(work: Path, **changes: Any) -> Plan:
    values: dict[str, Any] = {
        "file": work / "deployment.yml",
        "source": Source.DEPLOYMENT,
        "name": "digits",
        "code": work / "src",
        "entry_script": work / "src" / "online" / "score.py",
        **changes,
    }
    return Plan(Project(**values), "digits", Path("/opt/env/bin/python"), "key")


def where(work: Path, **changes: Any) -> tuple[dict[str, str], dict[str, str], str]:
    layout = laid_out(plan(work, **changes))
    mounts = {str(m.inside): str(m.source.relative_to(work)) for m in layout.mounts if m.inside not in OURS}
    assert all(mount.read_only for mount in layout.mounts)
    return dict(layout.variables), mounts, str(layout.working_folder)


def test_version_2_puts_the_code_folder_under_its_name(work: Path) -> None:
    variables, mounts, folder = where(work)
    assert mounts == {"/var/azureml-app/src": "src"}
    assert folder == variables["AML_APP_ROOT"] == "/var/azureml-app/src/online"
    assert variables["AZUREML_ENTRY_SCRIPT"] == "score.py"
    assert "AZUREML_MODEL_DIR" not in variables and "AZUREML_SOURCE_DIRECTORY" not in variables


def test_version_2_one_model(work: Path) -> None:
    model = ModelMount(work / "models" / "b.pkl", PurePosixPath("b.pkl"), name="digits", version="4")
    variables, mounts, _ = where(work, models=(model,))
    assert variables["AZUREML_MODEL_DIR"] == "/var/azureml-app/azureml-models/digits/4"
    assert mounts["/var/azureml-app/azureml-models/digits/4/b.pkl"] == "models/b.pkl"


def test_a_model_mount_path_takes_the_place_of_azures(work: Path) -> None:
    model = ModelMount(work / "models" / "a", PurePosixPath("a"), name="digits", version="4")
    variables, mounts, _ = where(work, models=(model,), model_mount_path=PurePosixPath("/var/models"))
    assert variables["AZUREML_MODEL_DIR"] == "/var/models/digits/4"
    assert mounts["/var/models/digits/4/a"] == "models/a"


def test_version_1_is_relative_to_the_app_root(work: Path) -> None:
    model = ModelMount(work / "models" / "b.pkl", PurePosixPath("b.pkl"), name="digits", version="4")
    variables, mounts, folder = where(work, source=Source.INFERENCE_CONFIG, models=(model,))
    assert folder == variables["AML_APP_ROOT"] == "/var/azureml-app"
    assert (variables["AZUREML_ENTRY_SCRIPT"], variables["AZUREML_SOURCE_DIRECTORY"]) == ("src/online/score.py", "src")
    assert variables["AZUREML_MODEL_DIR"] == "azureml-models/digits/4"
    assert mounts["/var/azureml-app/azureml-models/digits/4/b.pkl"] == "models/b.pkl"
    assert mounts["/var/azureml-app/src"] == "src"


def test_version_1_several_models(work: Path) -> None:
    models = (
        ModelMount(work / "models" / "a", PurePosixPath("first/1/a"), name="first", version="1"),
        ModelMount(work / "models" / "b.pkl", PurePosixPath("second/7/b.pkl"), name="second", version="7"),
    )
    variables, mounts, _ = where(work, source=Source.INFERENCE_CONFIG, models=models)
    assert variables["AZUREML_MODEL_DIR"] == "azureml-models"
    assert mounts["/var/azureml-app/azureml-models/first/1/a"] == "models/a"
    assert mounts["/var/azureml-app/azureml-models/second/7/b.pkl"] == "models/b.pkl"


def test_a_model_that_is_gone_is_said(work: Path) -> None:
    model = ModelMount(work / "models" / "c.pkl", PurePosixPath("c.pkl"))
    with pytest.raises(ServiceProblem, match=r"c\.pkl does not exist"):
        where(work, models=(model,))


def test_a_model_of_the_workspace_is_not_mounted(work: Path) -> None:
    variables, mounts, _ = where(work, models=(ModelMount(None, PurePosixPath("x"), reference="azureml:x:1", name="x"),))
    assert variables["AZUREML_MODEL_DIR"] == "/var/azureml-app/azureml-models/x/1" and len(mounts) == 1


def test_paths_of_the_container_come_back_to_the_users_files(work: Path) -> None:
    layout = laid_out(plan(work))
    paths = paths_of(work / "src", work / "src" / "online" / "score.py", layout.mounts)
    assert paths.own("/var/azureml-app/src/online/score.py") == work / "src" / "online" / "score.py"
    assert paths.own("/var/azureml-app/src/gone.py") is None
    assert paths.own(str(RUNTIME / "worker.py")) is None
    assert paths.own("/opt/scoredock/env/lib/python3.11/site-packages/flask/app.py") is None


def test_a_file_that_takes_anothers_place_is_noticed(work: Path) -> None:
    model = ModelMount(work / "models" / "b.pkl", PurePosixPath("b.pkl"))
    mounts = laid_out(plan(work, models=(model,))).mounts
    before = identity_of(mounts)
    (work / "models" / "b.pkl").write_text("written again, the same file")
    assert identity_of(mounts) == before
    (work / "models" / "new").write_text("another file")
    (work / "models" / "new").replace(work / "models" / "b.pkl")
    assert identity_of(mounts) != before
