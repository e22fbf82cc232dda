"""The set-up that `npm start` and `npm test` begin with, on machines where something is wrong."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A fresh clone, as far as set-up is concerned."""
    clone = tmp_path / "clone"
    for name in ("extension/scripts", "pyserver/locks"):
        shutil.copytree(ROOT / name, clone / name)
    for name in ("pyproject.toml", "package.json"):
        shutil.copy(ROOT / name, clone / name)
    return clone


def start(checkout: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    node = shutil.which("node")
    assert node, "npm start needs Node, and so does its test"
    return subprocess.run(
        [node, "extension/scripts/start.mjs"],
        cwd=checkout,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_an_old_python_is_named_with_what_to_do(checkout: Path, tmp_path: Path) -> None:
    old = tmp_path / "python3.8"
    old.write_text("#!/bin/sh\necho 3 8\n", encoding="utf-8")
    old.chmod(0o755)
    done = start(checkout, SCOREDOCK_PYTHON=str(old))
    assert done.returncode == 1
    assert done.stderr == (
        f"error: No Python 3.10 or newer was found ({old} is 3.8). "
        "Install one, or name it in the environment variable SCOREDOCK_PYTHON, and try again.\n"
    )


def test_no_python_at_all(checkout: Path, tmp_path: Path) -> None:
    done = start(checkout, SCOREDOCK_PYTHON=str(tmp_path / "nothing"))
    assert done.returncode == 1
    assert "No Python 3.10 or newer was found." in done.stderr


def test_an_old_node_is_named_with_what_to_do(checkout: Path) -> None:
    # An old Node cannot be had from here; the version it reports is what the script goes by.
    pretend = checkout / "pretend.mjs"
    pretend.write_text("Object.defineProperty(process.versions, 'node', { value: '18.20.4' });\n", encoding="utf-8")
    done = start(checkout, NODE_OPTIONS=f"--import {pretend.as_uri()}")
    assert done.returncode == 1
    assert done.stderr == "error: Node 18.20.4 is too old. Scoredock needs Node 20 or newer: install it and try again.\n"


@pytest.mark.slow
def test_offline_is_said_and_what_is_half_made_is_no_obstacle(checkout: Path, tmp_path: Path) -> None:
    nowhere = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_FIND_LINKS": str(tmp_path),
        "PIP_NO_CACHE_DIR": "1",
        "PIP_RETRIES": "0",
        "PIP_DEFAULT_TIMEOUT": "5",
        "SCOREDOCK_PYTHON": sys.executable,
    }
    for _ in range(2):
        done = start(checkout, **nowhere)
        assert done.returncode == 1
        assert "the package index could not be reached. Connect this machine" in done.stderr
        assert not (checkout / ".venv" / ".scoredock").exists()
