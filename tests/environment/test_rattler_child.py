"""The child process that solves conda packages: what it leaves behind, seen from outside."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scoredock.environment import rattler_child

from .conda_channel import write_channel

# What rattler's threads do to one of fifty interpreters that end, done to every one: they ask for its lock, and it aborts.
ABORTS_AT_ITS_END = "import atexit, os, runpy, sys; atexit.register(os.abort); runpy.run_path(sys.argv[1], run_name='__main__')"


def ask(job: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-c", ABORTS_AT_ITS_END, rattler_child.__file__]
    return subprocess.run(command, input=json.dumps(job), capture_output=True, text=True, check=False, timeout=60)


def job(folder: Path, *channels: str | None) -> dict[str, Any]:
    wanted = {"alias": "https://nowhere.invalid/", "channels": channels, "specs": ["small-module=2.0"]}
    return {**wanted, "offline": False, "cache": str(folder / "cache"), "prefix": ""}


@pytest.mark.slow
def test_a_solve_ends_well_whatever_the_threads_of_rattler_do_at_its_end(tmp_path: Path) -> None:
    done = ask(job(tmp_path, write_channel(tmp_path / "channel")))
    answer = json.loads(done.stdout.splitlines()[-1])
    assert {record["name"] for record in answer["records"]} >= {"small-module", "libsmall"}
    assert (done.returncode, done.stderr) == (0, "")


def test_a_fault_of_the_child_stays_readable(tmp_path: Path) -> None:
    done = ask(job(tmp_path, None))
    assert done.returncode == 1
    assert "TypeError: 'None' is not an instance of 'str'" in done.stderr
