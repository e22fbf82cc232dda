"""`Model` and `Workspace` with the semantics that scripts rely on."""

from __future__ import annotations

import json
import pickle
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from scoredock import Environment, InferenceConfig, LocalWebservice, Model, ResourceConfiguration, Workspace
from scoredock.api.deployments import choose_target
from scoredock.api.exceptions import (
    ModelNotFoundException,
    NotOnThisMachine,
    UserErrorException,
    WebserviceException,
)


@pytest.fixture
def file(folder: Path) -> Path:
    (folder / "model.pkl").write_bytes(pickle.dumps({"weights": [1.0]}))
    return folder / "model.pkl"


def test_registering_and_looking_up(workspace: Workspace, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = Model.register(
        workspace,
        str(file),
        "digits",
        tags={"area": "digits", "epochs": 3},  # type: ignore[dict-item]
        properties={"run": "7"},
        description="a model",
        model_framework=Model.Framework.SCIKITLEARN,
        model_framework_version="1.9.1",
        resource_configuration=ResourceConfiguration(cpu=1, memory_in_gb=0.5),
    )
    assert capsys.readouterr().out == "Registering model digits\n"
    assert (made.name, made.version, made.id, made.description) == ("digits", 1, "digits:1", "a model")
    assert made.tags == {"area": "digits", "epochs": "3"}
    assert made.resource_configuration is not None
    assert made.resource_configuration.serialize() == {"cpu": 1, "memoryInGB": 0.5, "gpu": None}
    assert isinstance(made.created_time, datetime)
    Model.register(workspace, file, "digits")
    assert Model(workspace, "digits").version == 2
    assert Model(workspace, "digits", version=1).tags["area"] == "digits"
    assert Model(workspace, id="digits:1").version == 1
    assert Model(workspace, "digits", tags=["area"]).version == 1
    assert Model(workspace, "digits", properties=[["run", "7"]]).version == 1
    assert Model(workspace, "digits", model_framework="ScikitLearn").version == 1
    assert json.dumps(made.serialize())


def test_what_is_not_registered(workspace: Workspace, file: Path) -> None:
    with pytest.raises(WebserviceException, match="ModelNotFound: Model with name digits not found in provided workspace"):
        Model(workspace, "digits")
    Model.register(workspace, file, "digits")
    with pytest.raises(ModelNotFoundException, match="Registered here are: digits"):
        Model(workspace, "digits", version=9)
    with pytest.raises(WebserviceException, match="one of id or name must be provided"):
        Model(workspace)
    with pytest.raises(WebserviceException, match=r"ModelNotFound: '../x' does not name a model"):
        Model(workspace, id="../x")


def test_listing(workspace: Workspace, file: Path) -> None:
    Model.register(workspace, file, "a", tags={"kind": "x"})
    Model.register(workspace, file, "a")
    Model.register(workspace, file, "b")
    assert [model.id for model in Model.list(workspace)] == ["b:1", "a:2", "a:1"]
    assert [model.id for model in Model.list(workspace, name="a", latest=True)] == ["a:2"]
    assert [model.id for model in Model.list(workspace, tags=[["kind", "x"]])] == ["a:1"]
    assert {name: model.version for name, model in workspace.models.items()} == {"a": 2, "b": 1}
    with pytest.raises(UserErrorException, match="page_count"):
        Model.list(workspace, page_count=1)
    with pytest.raises(UserErrorException, match="must be list type"):
        Model.list(workspace, tags={"kind": "x"})


def test_downloading(workspace: Workspace, file: Path, folder: Path) -> None:
    model = Model.register(workspace, file, "digits")
    path = model.download(target_dir="out")
    assert Path(path) == Path("out/model.pkl")
    with Path(path).open("rb") as opened:
        assert pickle.load(opened, encoding="latin1") == {"weights": [1.0]}
    with pytest.raises(WebserviceException, match=r"File already exists\. To overwrite, set exist_ok to True\. out/model\.pkl"):
        model.download(target_dir="out")
    assert model.download(target_dir="out", exist_ok=True) == path
    assert model.download(target_dir="out", exists_ok=True) == path


def test_tags_and_properties(workspace: Workspace, file: Path) -> None:
    model = Model.register(workspace, file, "digits", tags={"a": "1"}, properties={"p": "1"})
    model.add_tags({"b": "2"})
    model.remove_tags(["a"])
    model.add_properties({"q": "2"})
    model.update(description="newer")
    model.update_tags_properties(add_tags={"c": "3"}, remove_tags="b")
    again = Model(workspace, "digits")
    assert (again.tags, again.properties, again.description) == ({"c": "3"}, {"p": "1", "q": "2"}, "newer")
    with pytest.raises(WebserviceException, match="cannot be changed or removed"):
        model.add_properties({"p": "other"})
    model.delete()
    with pytest.raises(WebserviceException, match="ModelNotFound"):
        Model(workspace, "digits")


def test_some_files_of_a_folder(workspace: Workspace, folder: Path) -> None:
    (folder / "bundle" / "deep").mkdir(parents=True)
    for name in ("a.bin", "b.bin", "deep/c.bin"):
        (folder / "bundle" / name).write_text(name, encoding="utf-8")
    model = Model.register(workspace, "bundle", "digits", child_paths=["a.bin", "deep/c.bin"])
    out = Path(model.download("out"))
    assert sorted(path.relative_to(out).as_posix() for path in out.rglob("*.bin")) == ["a.bin", "deep/c.bin"]
    with pytest.raises(WebserviceException, match=r"There is no \.\./model\.pkl"):
        Model.register(workspace, "bundle", "digits", child_paths=["../model.pkl"])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"model_name": "a/b"}, "provided model name is invalid"),
        ({"model_path": "nothing.pkl"}, "There is no file or folder"),
        ({"model_framework_version": "1"}, "without a valid framework"),
        ({"tags": ["a"]}, "Tags must be a dict"),
        ({"properties": "a"}, "Properties must be a dict"),
        ({"datasets": [("a", object())]}, "cannot honour 'datasets'"),
        ({"sample_input_dataset": object()}, "cannot honour 'sample_input_dataset'"),
    ],
)
def test_what_register_refuses(workspace: Workspace, file: Path, change: dict[str, Any], sentence: str) -> None:
    given: dict[str, Any] = {"model_path": str(file), "model_name": "digits", **change}
    with pytest.raises((WebserviceException, UserErrorException), match=sentence):
        Model.register(workspace, **given)
    assert Model.list(workspace) == []


def test_the_path_of_a_model_inside_a_service(folder: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for version in ("1", "2", "10"):
        (folder / "mounted" / "digits" / version).mkdir(parents=True)
        (folder / "mounted" / "digits" / version / "model.pkl").touch()
    monkeypatch.setenv("AZUREML_MODEL_DIR", str(folder / "mounted" / "digits" / "2"))  # a service with one model
    assert Model.get_model_path("digits") == str(folder / "mounted" / "digits" / "2" / "model.pkl")
    monkeypatch.setenv("AZUREML_MODEL_DIR", str(folder / "mounted"))  # several
    assert Model.get_model_path("digits") == str(folder / "mounted" / "digits" / "10" / "model.pkl")
    assert Model.get_model_path("digits", version=1) == str(folder / "mounted" / "digits" / "1" / "model.pkl")
    assert Model.get_model_path("model.pkl") == "model.pkl"
    with pytest.raises(ModelNotFoundException, match="Model other not found in cache"):
        Model.get_model_path("other")
    (folder / "mounted" / "digits" / "10" / "second").touch()
    with pytest.raises(WebserviceException, match="can contain only 1 file or folder"):
        Model.get_model_path("digits")
    with pytest.raises(WebserviceException, match="version should be an int"):
        Model.get_model_path("digits", version="1")  # type: ignore[arg-type]


def test_the_path_of_a_model_outside_a_service(workspace: Workspace, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZUREML_MODEL_DIR", raising=False)
    Model.register(workspace, file, "digits")
    assert Path(Model.get_model_path("digits")).read_bytes() == file.read_bytes()


def test_from_config(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        workspace = Workspace.from_config()
    assert (workspace.name, workspace.resource_group, workspace.subscription_id) == ("tutorial-ws", "rg", "0")
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("Using what this machine keeps under the name of the workspace 'tutorial-ws'") == 1
    assert Workspace.from_config(path=folder / "config.json").name == "tutorial-ws"
    assert Workspace.from_config(path=str(folder)).name == "tutorial-ws"
    assert Workspace("0", "rg", "tutorial-ws").models == workspace.models
    with pytest.raises(UserErrorException, match="does not exist"):
        Workspace.from_config(path=folder / "missing")
    (folder / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(UserErrorException, match="cannot be read as JSON"):
        Workspace.from_config(path=folder / "config.json")


def test_without_a_workspace_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    workspace = Workspace.from_config()
    assert workspace.name == "local"
    assert f"using the workspace of this machine, {home / 'data'}" in capsys.readouterr().err
    with pytest.raises(UserErrorException, match=r"could not find config\.json"):
        Workspace.from_config(path=tmp_path)
    workspace.write_config()
    assert Workspace.from_config().name == "local"


def test_a_login_is_said_not_to_be_used(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Workspace.from_config(auth=object())
    assert "The login in 'auth' is not used" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("missing.py", "entry_script missing.py doesn't exist"),
        ("model.pkl", "Only Python drivers|Currently only Python"),
        ("not-a-name.py", "is no name of a Python module"),
        ("broken.py", "Please check it and try local deployment"),
        ("", "need to specify entry_script"),
    ],
)
def test_entry_scripts_that_cannot_be(folder: Path, file: Path, script: str, sentence: str) -> None:
    (folder / "not-a-name.py").write_text("", encoding="utf-8")
    (folder / "broken.py").write_text("def run(:\n", encoding="utf-8")
    with pytest.raises((WebserviceException, UserErrorException), match=sentence):
        InferenceConfig(entry_script=script, environment=Environment("e"))


def test_settings_that_only_azure_has(folder: Path) -> None:
    (folder / "score.py").write_text("", encoding="utf-8")
    for given in ({"enable_gpu": True}, {"extra_docker_file_steps": "steps"}, {"runtime": "spark-py"}, {"cuda_version": "11"}):
        with pytest.raises(NotOnThisMachine, match=f"InferenceConfig cannot honour '{next(iter(given))}'"):
            InferenceConfig("score.py", **given)  # type: ignore[arg-type]
    with pytest.raises(WebserviceException, match="unable to provide runtime, conda_file"):
        InferenceConfig("score.py", conda_file="conda.yml", environment=Environment("e"))
    (folder / "conda.yml").write_text("dependencies: [python=3.11, {pip: [azureml-defaults]}]\n", encoding="utf-8")
    old = InferenceConfig("score.py", runtime="python", conda_file="conda.yml", source_directory=str(folder))
    assert old.environment.python.conda_dependencies is not None
    assert old.environment.python.conda_dependencies.get_python_version() == "3.11"


def test_ports_and_targets() -> None:
    assert LocalWebservice.deploy_configuration(port=6789).port == 6789
    for port in (70_000, -1, "6789"):
        with pytest.raises(WebserviceException, match=r"port must be an integer in range \[1, 65535\]"):
            LocalWebservice.deploy_configuration(port=port)  # type: ignore[arg-type]
    with pytest.raises(WebserviceException, match="There is no target 'cloud'"):
        LocalWebservice.deploy_configuration(target="cloud")


def test_a_service_that_is_not_there(workspace: Workspace, file: Path) -> None:
    with pytest.raises(WebserviceException, match="WebserviceNotFound: No local container with name nothing"):
        LocalWebservice(workspace, "nothing")
    service = LocalWebservice(workspace, "nothing", must_exist=False)
    assert (service.state, service.scoring_uri) == ("unknown", None)
    for method in (service.reload, service.delete, service.get_logs, service.wait_for_deployment):
        with pytest.raises(WebserviceException, match=f"Cannot call {method.__name__}\\(\\) when service is unknown"):
            method()
    with pytest.raises(WebserviceException, match=r"was not started by Model\.deploy"):
        service.update()
    assert LocalWebservice.list(workspace, all=True) == []
    assert workspace.webservices == {}


def test_what_deploy_refuses(workspace: Workspace, file: Path, folder: Path) -> None:
    (folder / "score.py").write_text("", encoding="utf-8")
    config = InferenceConfig("score.py", environment=Environment("e"))
    with pytest.raises(NotOnThisMachine, match="without an entry script"):
        Model.deploy(workspace, "service", [])
    with pytest.raises(NotOnThisMachine, match=r"Model\.package cannot package a model without an entry script"):
        Model.package(workspace, [])
    with pytest.raises(NotOnThisMachine, match="cannot honour 'deployment_target'"):
        Model.deploy(workspace, "service", [], config, deployment_target=object())
    with pytest.raises(WebserviceException, match="must be of type LocalWebserviceDeploymentConfiguration"):
        Model.deploy(workspace, "service", [], config, object())
    with pytest.raises(WebserviceException, match="ModelNotFound"):
        Model.deploy(workspace, "service", ["nothing"], config)
    with pytest.raises(NotImplementedError, match="Models must either be of type"):
        Model.deploy(workspace, "service", [7], config)
    with pytest.raises(WebserviceException, match="A service cannot be called 'A Service'"):
        Model.deploy(workspace, "A Service", [], config)


def test_without_an_engine_a_process_is_taken_and_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.delenv("SCOREDOCK_TARGET")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path / 'nobody.sock'}")
    for _ in range(2):
        assert choose_target(None) == "process"
    said = capsys.readouterr().err
    assert said.count("No Docker engine answers on this machine: the service runs as a process") == 1
    assert choose_target("docker") == "docker"
    monkeypatch.setenv("SCOREDOCK_TARGET", "docker")
    assert choose_target(None) == "docker"
    monkeypatch.setenv("SCOREDOCK_TARGET", "cloud")
    with pytest.raises(WebserviceException, match="There is no target 'cloud'"):
        choose_target(None)
