"""An interpreter with the real inference server, and a folder for a script."""

from __future__ import annotations

from pathlib import Path

import pytest

from scoredock.environment.sync import read_specification, sync
from scoredock.project.values import RequirementsFile

SCRIPT = """\
VERSION = 1


def init():
    pass


def run(raw_data):
    return {"version": VERSION}
"""


@pytest.fixture
async def python(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Path:
    """A synced environment with the newest server and nothing else; made by the first test of the session that needs it."""
    file = tmp_path_factory.getbasetemp() / "server-only" / "requirements.txt"
    file.parent.mkdir(exist_ok=True)
    file.write_text("azureml-inference-server-http\n", encoding="utf-8")
    return (await sync(read_specification(RequirementsFile(file)))).interpreter


@pytest.fixture
def code(tmp_path: Path) -> Path:
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "score.py").write_text(SCRIPT, encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the service keeps its log and its socket."""
    return tmp_path / "run"
