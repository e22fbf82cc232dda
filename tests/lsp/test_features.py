"""Hover, completion, links, lenses, inlay hints: what each offers where it is asked for, and nothing elsewhere."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.lsp.session import Session

SCRIPT = """import json
import os

import joblib


def init():
    global model
    model = joblib.load(os.environ["AZUREML_MODEL_DIR"])


def run(data):
    return json.dumps({"answer": model.predict(json.loads(data))})
"""
DEPLOYMENT = """name: blue
endpoint_name: digits
model:
  path: model/digits.joblib
code_configuration:
  code: src
  scoring_script: score.py
environment:
  conda_file: conda.yml
  image: x
instance_type: Standard_DS3_v2
liveness_probe:
  period: 5
"""
CONDA = """name: e
dependencies:
  - python=3.11
  - pip
  - pip:
    - packaging>=20
    - filelock
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "model").mkdir()
    (tmp_path / "src" / "score.py").write_text(SCRIPT)
    (tmp_path / "model" / "digits.joblib").write_bytes(b"\x80\x04N.")
    (tmp_path / "deployment.yml").write_text(DEPLOYMENT)
    (tmp_path / "conda.yml").write_text(CONDA)
    return tmp_path


def opened(session: Session, path: Path, language: str = "python") -> str:
    uri = session.open(path, path.read_text(), language)
    session.codes(uri, 1)
    return uri


def at(text: str, word: str, extra: int = 0) -> dict[str, int]:
    line = next(number for number, content in enumerate(text.splitlines()) if word in content)
    return {"line": line, "character": text.splitlines()[line].index(word) + extra}


def hover(session: Session, uri: str, position: dict[str, int]) -> str:
    found = session.request("textDocument/hover", {"textDocument": {"uri": uri}, "position": position})
    return str(found["contents"]["value"]) if found else ""


def labels(session: Session, uri: str, position: dict[str, int]) -> list[str]:
    found = session.request("textDocument/completion", {"textDocument": {"uri": uri}, "position": position})
    return [item["label"] for item in found["items"]]


def test_hover_explains_the_rule_of_a_finding(session: Session, project: Path) -> None:
    uri = opened(session, project / "src" / "score.py")
    assert "SD301" in session.codes(uri)
    assert "result-encoded-twice" in hover(session, uri, at(SCRIPT, "json.dumps", 2))


def test_hover_says_what_the_model_folder_will_hold(session: Session, project: Path) -> None:
    uri = opened(session, project / "src" / "score.py")
    text = hover(session, uri, at(SCRIPT, "AZUREML_MODEL_DIR", 3))
    assert "digits.joblib" in text
    assert "format: pickle" in text


def test_hover_on_a_load_says_what_the_model_file_says_of_itself(session: Session, project: Path) -> None:
    (project / "model" / "digits.joblib").write_bytes(b"cos\nsystem\n(S'touch /tmp/pwned'\ntR.")
    uri = opened(session, project / "src" / "score.py")
    for extra in (1, 9):
        text = hover(session, uri, at(SCRIPT, "joblib.load", extra))
        assert "digits.joblib" in text
        assert "suspicious: os.system" in text or "posix.system" in text
    assert "digits.joblib" not in hover(session, uri, at(SCRIPT, "model = joblib", 1))


def test_hover_on_an_import_says_which_package_and_version_it_takes(session: Session, project: Path) -> None:
    text = "import packaging.version as v, os\nfrom filelock import FileLock\n" + SCRIPT
    (project / "src" / "score.py").write_text(text)
    uri = opened(session, project / "src" / "score.py")
    before = hover(session, uri, at(text, "packaging", 2))
    assert "the environment file asks for `packaging>=20`; the environment is not synced" in before
    session.request("scoredock/syncEnvironment", {"uri": (project / "deployment.yml").as_uri()}, timeout=120)
    said = hover(session, uri, at(text, "packaging", 2))
    version = re.search(r"\*\*packaging ([\d.]+)\*\* in the synced environment", said)
    assert version and "`packaging>=20`" in said
    assert "**filelock " in hover(session, uri, at(text, "filelock", 1))
    assert hover(session, uri, at(text, ", os", 3)) == hover(session, uri, at(text, "FileLock", 1)) == ""


def test_hover_explains_a_key_of_the_deployment_file(session: Session, project: Path) -> None:
    uri = opened(session, project / "deployment.yml", "yaml")
    assert "entry script" in hover(session, uri, at(DEPLOYMENT, "scoring_script", 2)).lower()
    assert hover(session, uri, at(DEPLOYMENT, "Standard_DS3_v2", 2)) == ""


def test_hover_says_what_the_model_of_a_deployment_is(session: Session, project: Path) -> None:
    uri = opened(session, project / "deployment.yml", "yaml")
    assert "format: pickle" in hover(session, uri, at(DEPLOYMENT, "model/digits.joblib", 3))


def test_hover_is_silent_where_there_is_nothing_to_say(session: Session, project: Path) -> None:
    uri = opened(session, project / "src" / "score.py")
    assert hover(session, uri, at(SCRIPT, "global model", 8)) == ""


@pytest.mark.parametrize("typed", ['x = os.environ["AZ', 'x = os.environ.get("', "x = os.getenv('WORKER"])
def test_completion_knows_the_variables_that_the_server_sets(session: Session, project: Path, typed: str) -> None:
    path = project / "src" / "score.py"
    path.write_text(SCRIPT + typed + "\n")
    uri = opened(session, path)
    end = {"line": SCRIPT.count("\n"), "character": len(typed)}
    assert {"AZUREML_MODEL_DIR", "WORKER_COUNT"} <= set(labels(session, uri, end))
    assert labels(session, uri, {"line": 0, "character": 3}) == []


def test_completion_knows_keys_and_values_of_deployment_files(session: Session, project: Path) -> None:
    path = project / "deployment.yml"
    path.write_text(DEPLOYMENT + "  fail\nty\ntype: \n")
    uri = opened(session, path, "yaml")
    lines = DEPLOYMENT.count("\n")
    assert "failure_threshold" in labels(session, uri, {"line": lines, "character": 6})
    top = labels(session, uri, {"line": lines + 1, "character": 2})
    assert "request_settings" in top and "failure_threshold" not in top
    assert {"managed", "kubernetes"} <= set(labels(session, uri, {"line": lines + 2, "character": 6}))


def test_completion_knows_the_variables_that_a_deployment_may_set(session: Session, project: Path) -> None:
    path = project / "deployment.yml"
    path.write_text(DEPLOYMENT + "environment_variables:\n  WORK\n")
    uri = opened(session, path, "yaml")
    offered = labels(session, uri, {"line": DEPLOYMENT.count("\n") + 1, "character": 6})
    assert "WORKER_COUNT" in offered
    assert "AZUREML_MODEL_DIR" not in offered


def test_paths_that_exist_are_links(session: Session, project: Path) -> None:
    uri = opened(session, project / "deployment.yml", "yaml")
    links = session.request("textDocument/documentLink", {"textDocument": {"uri": uri}})
    targets = {link["target"].rpartition("/")[2]: link["range"]["start"]["line"] for link in links}
    assert targets == {"digits.joblib": 3, "score.py": 6, "conda.yml": 8}


def test_lenses_stand_above_init_and_run_and_stay_while_typing(session: Session, project: Path) -> None:
    uri = opened(session, project / "src" / "score.py")

    def lenses() -> list[tuple[int, str]]:
        found = session.request("textDocument/codeLens", {"textDocument": {"uri": uri}})
        return [(lens["range"]["start"]["line"], lens["command"]["command"]) for lens in found]

    before = lenses()
    assert (6, "scoredock.run") in before
    assert (11, "scoredock.score") in before
    session.change(uri, 2, {"range": {"start": {"line": 3, "character": 0}, "end": {"line": 3, "character": 0}}, "text": "("})
    assert lenses() == before
    session.notify("scoredock/settings", {**session.settings, "codeLenses": False})
    assert lenses() == []


def test_a_helper_module_has_no_lenses(session: Session, project: Path) -> None:
    (project / "src" / "helper.py").write_text("def run(data):\n    return data\n")
    uri = opened(session, project / "src" / "helper.py")
    assert session.request("textDocument/codeLens", {"textDocument": {"uri": uri}}) == []


@pytest.fixture(scope="session")
def synced(shared_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The environment of `CONDA`, in the cache that all tests share."""
    from scoredock.environment.sync import read_specification, sync
    from scoredock.project.values import CondaFile

    home = tmp_path_factory.mktemp("synced")
    (home / "cache").symlink_to(shared_cache, target_is_directory=True)
    (home / "conda.yml").write_text(CONDA)
    kept = os.environ.get("SCOREDOCK_HOME")
    os.environ["SCOREDOCK_HOME"] = str(home)
    try:
        asyncio.run(sync(read_specification(CondaFile(home / "conda.yml"))))
    finally:
        if kept is None:
            del os.environ["SCOREDOCK_HOME"]
        else:
            os.environ["SCOREDOCK_HOME"] = kept


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_an_environment_file_shows_what_it_came_to(session: Session, project: Path, synced: None) -> None:
    uri = opened(session, project / "conda.yml", "yaml")
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": 20, "character": 0}}
    hints = session.request("textDocument/inlayHint", {"textDocument": {"uri": uri}, "range": whole})
    shown = {hint["position"]["line"]: hint["label"] for hint in hints}
    assert set(shown) >= {5, 6}
    assert shown[5].split(".")[0].isdigit()
    assert shown[5] in hover(session, uri, at(CONDA, "packaging", 2))
    environments: list[dict[str, Any]] = session.request("scoredock/environments", {})["environments"]
    mine = next(environment for environment in environments if environment["sourceUri"] == uri)
    assert mine["state"] == "ready"
    assert mine["size"] > 0
    session.change(uri, 2, {"text": CONDA + "    - \n"})
    session.codes(uri, 2)
    assert "packaging" in labels(session, uri, {"line": CONDA.count("\n"), "character": 6})


def test_a_model_file_is_shown_without_being_loaded(session: Session, project: Path) -> None:
    evil = project / "model" / "evil.pkl"
    evil.write_bytes(b"cos\nsystem\n(S'touch /tmp/pwned'\ntR.")
    facts = dict(session.request("scoredock/inspectModel", {"uri": evil.as_uri()})["facts"])
    assert "os.system" in facts["suspicious"] or "posix.system" in facts["suspicious"]


def test_a_model_is_registered_and_listed(session: Session, project: Path) -> None:
    params = {"uri": (project / "model" / "digits.joblib").as_uri(), "name": "digits"}
    assert session.request("scoredock/registerModel", params)["version"] == "1"
    assert session.request("scoredock/registerModel", params)["version"] == "2"
    models = session.request("scoredock/models", {})["models"]
    assert [(model["name"], model["version"]) for model in models] == [("digits", "2"), ("digits", "1")]


def applied(text: str, change: dict[str, Any]) -> str:
    """A text after the change that the client was given."""
    lines = [*text.splitlines(keepends=True), ""]

    def offset(line: int, character: int) -> int:
        return sum(map(len, lines[:line])) + character

    start = offset(change["startLine"], change["startCharacter"])
    return text[:start] + change["text"] + text[offset(change["endLine"], change["endCharacter"]) :]


def test_a_registered_model_is_written_into_the_deployment_file(start: Callable[..., Session], project: Path) -> None:
    session = start(folders=[project])
    (project / "other").mkdir()
    other = DEPLOYMENT.replace("model:\n  path: model/digits.joblib\n", "model: azureml:digits:1\n")
    (project / "other" / "green.yml").write_text(other)
    (project / "pipeline.yml").write_text("jobs: {}\n")
    found = session.request("scoredock/deploymentFiles", {})["deployments"]
    assert [(one["name"], one["model"]) for one in found] == [
        ("deployment.yml", "digits.joblib"),
        ("other/green.yml", "azureml:digits:1"),
    ]
    # The text in the editor counts, not that on the disk; what stands around the model stays as it is.
    shown = f"# ours: 🚀\n{DEPLOYMENT}".replace("model:", "model: # the best 🚀 so far")
    uri = session.open(project / "deployment.yml", shown, "yaml")
    change = session.request("scoredock/useModel", {"deploymentUri": uri, "reference": "digits:3"})
    assert change["uri"] == uri
    assert (change["startLine"], change["endLine"]) == (3, 4)
    expected = shown.replace(
        "model: # the best 🚀 so far\n  path: model/digits.joblib\n", "model: azureml:digits:3 # the best 🚀 so far\n"
    )
    assert applied(shown, change) == expected
    session.change(uri, 2, {"text": "model: [\n"})
    problem = session.answer(session.ask("scoredock/useModel", {"deploymentUri": uri, "reference": "digits:3"}))
    assert "cannot be read as YAML" in problem["error"]["message"]


def test_a_model_file_is_written_into_the_deployment_file_as_a_path(start: Callable[..., Session], project: Path) -> None:
    session = start(folders=[project])
    uri = (project / "deployment.yml").as_uri()
    (project / "model" / "newer model.pkl").write_bytes(b"\x80\x04N.")
    params = {"deploymentUri": uri, "modelUri": (project / "model" / "newer model.pkl").as_uri()}
    change = session.request("scoredock/useModel", params)
    assert applied(DEPLOYMENT, change) == DEPLOYMENT.replace("digits.joblib", "newer model.pkl")
    assert change["text"].strip() in "newer model.pkl", "only what differs"
    session.notify("scoredock/settings", {**session.settings, "trusted": False})
    refused = session.answer(session.ask("scoredock/useModel", params))
    assert "Restricted Mode" in refused["error"]["message"]


def test_the_status_says_when_it_is_busy(session: Session, project: Path) -> None:
    params = {"uri": (project / "model" / "digits.joblib").as_uri(), "name": "busy"}
    session.request("scoredock/registerModel", params)
    session.quiet(0.2)
    assert [status["state"] for status in session.heard("scoredock/status")] == ["busy", "ok"]
