"""Which files go to Azure: held against git itself, whose grammar the ignore files have."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from scoredock.hosting.shipped import shipped_files

TREE = (
    *(
        "score.py",
        "helper.py",
        "a.log",
        "data/a.csv",
        "data/b.txt",
        "data/deep/c.csv",
        "logs/x.log",
        "deep/logs/y.txt",
        "deep/build/z",
    ),
    *("build/z", "keep.log", "notes[1].txt", "notes1.txt", "a b.txt", "deep/er/secret.key", "secret.key", "data2/x", "docs/a.md"),
)


@pytest.fixture
def code(tmp_path: Path) -> Path:
    for name in TREE:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
    return tmp_path


def git_ships(code: Path) -> set[str]:
    """What git would add with these rules."""
    subprocess.run(["git", "init", "-q", code], check=True, capture_output=True)
    listed = subprocess.run(
        ["git", "-C", code, "-c", "core.excludesFile=/dev/null", "ls-files", "-z", "--others", "--exclude-standard"],
        check=True,
        capture_output=True,
        text=True,
    )
    return {name for name in listed.stdout.split("\0") if name and name != ".gitignore"}


@pytest.mark.parametrize(
    "rules",
    [
        "",
        "*.log\n!keep.log\n",
        "/build\nlogs/\n",
        "data/*.csv\n",
        "data/**/*.csv\n**/secret.key\n",
        "deep/**\n!deep/build\n",
        "# comment\n\n  \n\\#x\n*.t?t\n",
        "notes[[]1].txt\n",
        "notes[0-9].txt\n[!a-r]*.py\n",
        "data\n!data/b.txt\n",
        "a b.txt\n/deep/*/z\n",
        "d*/\n",
    ],
)
def test_the_ignore_file_is_read_as_git_reads_it(code: Path, rules: str) -> None:
    (code / ".gitignore").write_text(rules)
    ours = {str(path) for path in shipped_files(code)} - {".gitignore"}
    assert ours == git_ships(code)


def test_amlignore_takes_the_place_of_gitignore(code: Path) -> None:
    (code / ".gitignore").write_text("*.py\n")
    (code / ".amlignore").write_text("*.csv\n")
    ours = {str(path) for path in shipped_files(code)}
    assert "score.py" in ours and "data/a.csv" not in ours


def test_models_and_rubbish_stay_out(code: Path) -> None:
    for rubbish in (".git/config", "__pycache__/score.cpython-311.pyc", ".venv/bin/python"):
        (code / rubbish).parent.mkdir(parents=True, exist_ok=True)
        (code / rubbish).write_text("")
    ours = [str(path) for path in shipped_files(code, without=[code / "data", code / "secret.key"])]
    assert not {"data/a.csv", "secret.key", ".git/config", "__pycache__/score.cpython-311.pyc", ".venv/bin/python"} & set(ours)
    assert "deep/er/secret.key" in ours and "data2/x" in ours
    assert ours == [str(path) for path in shipped_files(code, without=[code / "data", code / "secret.key"])]
