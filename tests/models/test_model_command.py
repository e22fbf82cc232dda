"""`scoredock model …` from end to end, as a user types it."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from scoredock.cli.main import run
from scoredock.models.workspace import WorkspaceFile


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, estimators: dict[str, Any]) -> None:
    monkeypatch.chdir(tmp_path)
    Path("ridge.pkl").write_bytes(pickle.dumps(estimators["logistic"]))


def printed(capsys: pytest.CaptureFixture[str], *argv: str, code: int = 0) -> str:
    assert run(["model", *argv]) == code
    return capsys.readouterr().out


def test_the_life_of_a_model(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, "register", "ridge.pkl", "--tag", "area=diabetes", "--framework", "ScikitLearn")
    assert out == "Registered ridge, version 1: azureml:ridge:1\n"
    assert "azureml:ridge:2" in printed(capsys, "register", "ridge.pkl")
    listed = json.loads(printed(capsys, "list", "--json", "--tag", "area"))
    assert [(model["reference"], model["tags"]) for model in listed] == [("azureml:ridge:1", {"area": "diabetes"})]
    assert len(printed(capsys, "list").splitlines()) == 3
    shown = printed(capsys, "show", "ridge:1", "--verify")
    assert "takes        5 features" in shown
    assert "answers      no, yes" in shown
    assert printed(capsys, "download", "ridge", "out").strip().endswith("out/ridge.pkl")
    assert Path("out/ridge.pkl").read_bytes() == Path("ridge.pkl").read_bytes()
    assert "brings it back" in printed(capsys, "delete", "ridge:1")
    assert [one["version"] for one in json.loads(printed(capsys, "list", "--json"))] == ["2"]
    printed(capsys, "restore", "ridge:1")
    printed(capsys, "export", "ridge:1", "exported")
    assert "azureml:copy:1" in printed(capsys, "import", "exported", "--name", "copy")
    assert json.loads(printed(capsys, "show", "copy", "--json"))["tags"] == {"area": "diabetes"}


def test_show_a_file_that_is_not_registered(capsys: pytest.CaptureFixture[str]) -> None:
    facts = json.loads(printed(capsys, "show", "ridge.pkl", "--json"))
    assert facts["root"] == "sklearn.linear_model._logistic.LogisticRegression"
    Path("bad.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    assert "calls os.system" in printed(capsys, "show", "./bad.pkl")
    Path("cut.pkl").write_bytes(Path("ridge.pkl").read_bytes()[:200])
    assert "is cut off" in printed(capsys, "show", "./cut.pkl", code=1)


def test_the_registry_of_the_workspace_that_the_folder_names(capsys: pytest.CaptureFixture[str]) -> None:
    Path("config.json").write_text(
        json.dumps({"subscription_id": "s", "resource_group": "rg", "workspace_name": "ws"}), encoding="utf-8"
    )
    printed(capsys, "register", "ridge.pkl")
    workspace = WorkspaceFile("ws", Path("config.json"), "s", "rg")
    assert [model.id for model in workspace.registry.models()] == ["ridge:1"]
    assert WorkspaceFile("local").registry.models() == ()


def test_what_is_wrong_is_said_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    for argv, sentence in (
        (["show", "nothing"], "No model 'nothing' is registered"),
        (["register", "missing.pkl"], "There is no file or folder"),
        (["register", "ridge.pkl", "--name", "../x"], "cannot be the name of a model"),
        (["register", "ridge.pkl", "--tag", "x"], "is no pair"),
        (["delete", "ridge"], "names no version"),
        (["import", "."], "is no exported model"),
    ):
        assert run(["model", *argv]) == 1
        assert sentence in capsys.readouterr().err
    assert run(["model", "register", "missing.pkl", "--json"]) == 1
    assert "There is no file" in json.loads(capsys.readouterr().out)["error"]
