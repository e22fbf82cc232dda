"""`scoredock env`, called as the command calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scoredock.cli.main import run

pytestmark = [pytest.mark.timeout(180)]

CONDA = "name: small\ndependencies:\n  - python=3.11\n  - pip\n  - pip:\n      - six==1.16.0\n      - pyyaml\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "conda.yml").write_text(CONDA)
    (folder / "score.py").write_text("def init():\n    pass\n\n\ndef run(data):\n    return data\n")
    return folder


def said(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, dict]:
    code = run(["env", *argv, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_before_a_sync(project: Path, capsys: pytest.CaptureFixture[str], home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCOREDOCK_HOME", str(project.parent / "home"))
    code, shown = said(capsys, "show", str(project))
    assert (code, shown["state"]) == (0, "not-synced")
    assert [line["line"] for line in shown["lines"]] == [6, 7]
    code, differs = said(capsys, "diff", str(project))
    assert (code, differs["state"]) == (1, "not-synced")
    assert run(["env", "list"]) == 0
    assert "no environments yet" in capsys.readouterr().out


@pytest.mark.slow
def test_sync_show_diff_export_list_remove(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCOREDOCK_HOME", str(project.parent / "home"))
    code, made = said(capsys, "sync", str(project))
    assert code == 0
    assert made["fresh"]
    assert made["environment"]["server"]["added"]
    code, again = said(capsys, "sync", str(project / "conda.yml"))
    assert not again["fresh"]
    assert again["environment"]["prefix"] == made["environment"]["prefix"]
    code, differs = said(capsys, "diff", str(project))
    assert (code, differs["state"]) == (0, "unpinned")
    code, exported = said(capsys, "export", str(project), "--to", str(project / "out"))
    assert code == 0
    assert sorted(Path(path).name for path in exported["files"]) == [
        "azureml_environment.json",
        "conda_dependencies.yml",
        "conda_pinned.yml",
        "environment.yml",
    ]
    code, same = said(capsys, "diff", str(project), "--against", str(project / "out" / "azureml_environment.json"))
    assert (code, same["state"]) == (0, "unpinned")
    (project / "conda.yml").write_text(CONDA.replace("1.16.0", "1.15.0"))
    code, other = said(capsys, "diff", str(project), "--against", str(project / "out" / "conda_pinned.yml"))
    assert (code, other["state"]) == (1, "drifted")
    assert "1.16.0" in other["lines"][0]["message"]
    code, listed = said(capsys, "list")
    key = made["environment"]["key"]
    assert [item["key"] for item in listed["cached"]] == [key]
    code, gone = said(capsys, "remove", key[:6])
    assert gone["removed"] == [key]
    code, gone = said(capsys, "prune")
    assert gone["removed"] == []


def test_register(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, kept = said(capsys, "register", str(project), "--name", "tutorial-env")
    assert (code, kept["version"]) == (0, "1")
    assert run(["env", "list"]) == 0
    assert "azureml:tutorial-env:1" in capsys.readouterr().out


def test_what_is_wrong_is_said_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["env", "show", str(tmp_path / "absent")]) == 1
    assert "There is no" in capsys.readouterr().err
    (tmp_path / "conda.yml").write_text("dependencies: 3\n")
    assert run(["env", "sync", str(tmp_path / "conda.yml")]) == 1
    assert "conda.yml:1:15" in capsys.readouterr().err
    assert run(["env"]) == 2
