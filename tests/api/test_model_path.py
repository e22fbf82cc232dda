"""`Model.get_model_path` where it is asked for: in an entry script, under the real server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scoredock import CondaDependencies, Environment, InferenceConfig, LocalWebservice, Model, Workspace

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """\
import os
from IMPORTED import Model


def init():
    global told
    told = {name: open(Model.get_model_path(name)).read() for name in ("first", "second") if name in os.environ["ASKED"]}
    if "second" in told:
        told["first 1"] = open(Model.get_model_path("first", version=1)).read()


def run(data):
    return told
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return next(folder.glob("*.whl"))


def deployed(workspace: Workspace, models: list[Model], environment: Environment, port: int) -> Any:
    environment.environment_variables = {"ASKED": " ".join(model.name for model in models)}
    service = Model.deploy(
        workspace,
        "asks-for-paths",
        models,
        InferenceConfig("score.py", source_directory="source", environment=environment),
        LocalWebservice.deploy_configuration(port=port),
    )
    service.wait_for_deployment()
    try:
        return service.run(b"{}")
    finally:
        service.delete()


@pytest.fixture
def models(folder: Path, workspace: Workspace) -> list[Model]:
    """Two versions of the first model, one of the second; a script that asks where they lie."""
    registered = []
    for name, text in (("first", "one"), ("first", "two"), ("second", "three")):
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
        registered.append(Model.register(workspace, f"{name}.txt", name))
    (folder / "source").mkdir()
    return registered


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("no_service_left")
def test_in_a_process(folder: Path, workspace: Workspace, models: list[Model], port: int, wheel: Path) -> None:
    (folder / "source" / "score.py").write_text(SCRIPT.replace("IMPORTED", "scoredock"), encoding="utf-8")
    environment = Environment("asking")
    environment.python.conda_dependencies = CondaDependencies.create(
        pip_packages=["azureml-inference-server-http", str(wheel)], python_version=f"{sys.version_info[0]}.{sys.version_info[1]}"
    )
    assert deployed(workspace, [models[0]], environment, port) == {"first": "one"}
    assert deployed(workspace, models, environment, port) == {"first": "two", "second": "three", "first 1": "one"}


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("no_service_left")
def test_in_a_container_the_sdk_itself_finds_them(
    folder: Path, workspace: Workspace, models: list[Model], port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script that was not changed at all: it imports azureml-core, which looks below AML_APP_ROOT."""
    monkeypatch.setenv("SCOREDOCK_TARGET", "docker")
    (folder / "source" / "score.py").write_text(SCRIPT.replace("IMPORTED", "azureml.core.model"), encoding="utf-8")
    environment = Environment("asking-the-sdk")
    environment.python.conda_dependencies = CondaDependencies.create(
        pip_packages=["azureml-inference-server-http", "azureml-core==1.61.0.post4", "setuptools<81"], python_version="3.11"
    )
    environment.docker.base_image = os.environ["SCOREDOCK_TEST_BASE_IMAGE"]
    assert deployed(workspace, [models[0]], environment, port) == {"first": "one"}
    assert deployed(workspace, models, environment, port) == {"first": "two", "second": "three", "first 1": "one"}
