"""The real inference server in an environment of its own, made once for the session."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

SERVER = ("azureml-inference-server-http>=1.5,<1.6", "inference-schema", "numpy", "pandas", "scikit-learn", "joblib")
MAKE_MODEL = """\
import sys, joblib, numpy
from sklearn.linear_model import LogisticRegression
model = LogisticRegression().fit(numpy.array([[1, 2], [3, 4], [5, 6], [7, 8]]), [0, 0, 1, 1])
joblib.dump(model, sys.argv[1])
"""


class Served(NamedTuple):
    """What the server did: the worker's exit code, or the health probe's status and the answers."""

    exit: int | str | None
    health: int | None
    answers: list[dict[str, Any]]
    log: str


@pytest.fixture(scope="session")
def server_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with the real server."""
    return environment(tmp_path_factory.mktemp("server") / "env", SERVER)


def environment(folder: Path, packages: tuple[str, ...]) -> Path:
    """Make an environment with these packages; its interpreter."""
    subprocess.run([uv(), "venv", "-q", "--python", sys.executable, str(folder)], check=True, timeout=120)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    install(python, packages)
    return python


def install(python: Path, packages: tuple[str, ...]) -> None:
    subprocess.run([uv(), "pip", "install", "-q", "-p", str(python), *packages], check=True, timeout=600)


def uv() -> str:
    found = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    assert found, "uv is among the dependencies"
    return found


@pytest.fixture(scope="session")
def model_dir(server_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small scikit-learn model, as AZUREML_MODEL_DIR would be."""
    folder = tmp_path_factory.mktemp("models")
    subprocess.run([str(server_python), "-c", MAKE_MODEL, str(folder / "model.pkl")], check=True, timeout=120)
    return folder


class Zygote:
    """A process that has everything imported and forks a server for each script."""

    def __init__(self, python: Path, model_dir: Path, folder: Path) -> None:
        self._folder = folder
        self._model_dir = model_dir
        self._number = 0
        self._process = subprocess.Popen(
            [str(python), str(Path(__file__).with_name("zygote.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._line(120) == "ready"

    def _line(self, patience: float) -> str:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], patience)
        assert ready, "the server's process does not answer"
        return self._process.stdout.readline().strip()

    def serve(
        self, text: str, *requests: str, kind: str = "application/json", files: dict[str, str] | None = None, method: str = "POST"
    ) -> Served:
        """Start the real server's application over a script and send it the requests."""
        folder = self.folder()
        (folder / "score.py").write_text(text, encoding="utf-8", newline="")
        for name, content in (files or {}).items():
            (folder / name).write_text(content, encoding="utf-8")
        sent = [{"body": request, "type": kind, "method": method} for request in requests]
        return self.serve_script(folder / "score.py", self._model_dir, sent)

    def folder(self) -> Path:
        """A folder for another case."""
        self._number += 1
        folder = self._folder / f"case{self._number}"
        folder.mkdir()
        return folder

    def serve_script(self, script: Path, model_dir: Path, requests: list[dict[str, str]]) -> Served:
        """The same over a script that lies among other files; its folder is the app root, as in Azure."""
        log = self.folder() / "log"
        case = {
            "folder": str(script.parent),
            "log": str(log),
            "environment": {
                "AML_APP_ROOT": str(script.parent),
                "AZUREML_ENTRY_SCRIPT": script.name,
                "AZUREML_MODEL_DIR": str(model_dir),
            },
            "requests": requests,
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(case) + "\n")
        self._process.stdin.flush()
        seen = json.loads(self._line(60))
        return Served(seen["exit"], seen.get("health"), seen["answers"], log.read_text(encoding="utf-8"))

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)
        assert self._process.stdout is not None
        self._process.stdout.close()


@pytest.fixture(scope="session")
def zygote(server_python: Path, model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    """The real server over any script, in about a tenth of a second."""
    started = Zygote(server_python, model_dir, tmp_path_factory.mktemp("cases"))
    yield started
    started.stop()
