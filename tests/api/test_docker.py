"""The SDK's way by default: a container, where an engine answers."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import pytest

from scoredock import CondaDependencies, Environment, InferenceConfig, LocalWebservice, Model, Workspace
from scoredock.api.exceptions import WebserviceException
from scoredock.engine.connection import connect
from scoredock.engine.images import find_image

SCRIPT = """\
import json, os, pathlib

def init():
    global names
    names = sorted(path.name for path in pathlib.Path(os.environ["AZUREML_MODEL_DIR"]).iterdir())

def run(data):
    return [names, pathlib.Path("/.dockerenv").exists()]
"""


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("no_service_left")
def test_a_container_is_what_is_deployed(
    folder: Path, workspace: Workspace, port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SCOREDOCK_TARGET")
    environment = Environment("served")
    environment.python.conda_dependencies = CondaDependencies.create(
        pip_packages=["azureml-inference-server-http"], python_version="3.11"
    )
    environment.docker.base_image = os.environ["SCOREDOCK_TEST_BASE_IMAGE"]
    environment.register(workspace)
    image = environment.build_local(workspace, useDocker=True)
    connection = connect()
    try:
        assert find_image(connection, image) is not None
    finally:
        connection.close()
    (folder / "model.bin").write_bytes(b"weights")
    (folder / "score.py").write_text(SCRIPT, encoding="utf-8")
    model = Model.register(workspace, "model.bin", "digits")
    service = Model.deploy(
        workspace,
        "in-a-container",
        [model],
        InferenceConfig("score.py", environment=environment),
        LocalWebservice.deploy_configuration(port=port),
    )
    service.wait_for_deployment()
    assert service.run(b"{}") == [["model.bin"], True]
    assert "Checking container health..." in capsys.readouterr().out
    (folder / "score.py").write_text(SCRIPT.replace("return [names", "return ['new'"), encoding="utf-8")
    service.reload(wait=True)
    assert service.run(b"{}") == ["new", True]
    assert [one.name for one in LocalWebservice.list(workspace, model_name="digits")] == ["in-a-container"]
    service.delete()
    assert LocalWebservice.list(workspace, all=True) == []


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_package_is_an_image_of_its_own(folder: Path, workspace: Workspace) -> None:
    environment = Environment("served")
    environment.python.conda_dependencies = CondaDependencies.create(
        pip_packages=["azureml-inference-server-http"], python_version="3.11"
    )
    environment.docker.base_image = os.environ["SCOREDOCK_TEST_BASE_IMAGE"]
    (folder / "model.bin").write_bytes(b"weights")
    (folder / "score.py").write_text(SCRIPT, encoding="utf-8")
    model = Model.register(workspace, "model.bin", "digits")
    config = InferenceConfig("score.py", environment=environment)
    label = uuid.uuid4().hex[:12]
    package = Model.package(workspace, [model], config, image_name="scoredock-test", image_label=label)
    package.wait_for_creation(show_output=True)
    assert (package.state, package.pull()) == ("Succeeded", f"scoredock-test:{label}")
    assert "Building" in package.get_logs()
    with pytest.raises(WebserviceException, match=r"Use pull\(\) instead"):
        package.save("out")
    connection = connect()
    try:
        listed = ["sh", "-c", "cd /var/azureml-app && find . -type f | sort"]
        found = connection.client.containers.run(package.location, listed, entrypoint="", remove=True).decode().split()
    finally:
        connection.client.images.remove(package.location, force=True)
        connection.close()
    code = folder.name
    assert f"./{code}/score.py" in found and "./azureml-models/digits/1/model.bin" in found
    written = Model.package(workspace, [model], config, generate_dockerfile=True)
    written.save("context")
    assert (folder / "context" / "models" / "0" / "model.bin").read_bytes() == b"weights"
    assert "azureml_inference_server_http" in (folder / "context" / "Dockerfile").read_text(encoding="utf-8")
    with pytest.raises(WebserviceException, match=r"Use save\(\) instead"):
        written.pull()


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("no_service_left")
def test_packages_on_top_of_an_own_dockerfile(folder: Path, workspace: Workspace, port: int) -> None:
    conda = "dependencies: [python=3.11, pip, {pip: [azureml-inference-server-http]}]\n"
    (folder / "conda.yml").write_text(conda, encoding="utf-8")
    text = f"FROM {os.environ['SCOREDOCK_TEST_BASE_IMAGE']}\nRUN echo of the Dockerfile > /said\n"
    environment = Environment.from_dockerfile("own", text, conda_specification="conda.yml")
    script = "import pathlib\ndef init(): ...\ndef run(data):\n    return pathlib.Path('/said').read_text()\n"
    (folder / "score.py").write_text(script, encoding="utf-8")
    config = InferenceConfig("score.py", environment=environment)
    with pytest.raises(WebserviceException, match="a process cannot be made of"):
        bare = InferenceConfig("score.py", environment=Environment.from_dockerfile("bare", text))
        Model.deploy(workspace, "of-a-process", [], bare, LocalWebservice.deploy_configuration(target="process"))
    deployment = LocalWebservice.deploy_configuration(port=port, target="docker")
    service = Model.deploy(workspace, "own-base", [], config, deployment)
    service.wait_for_deployment()
    assert service.run(b"{}") == "of the Dockerfile\n"
    service.delete()
