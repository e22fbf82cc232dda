"""The user's own interpreter, as SDK v1's user-managed environments name it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from scoredock.environment.own import own_environment
from scoredock.environment.reading import read_environment_file
from scoredock.environment.sync import find, sync
from scoredock.environment.values import EnvironmentProblem, Specification, Strategy


def managed(folder: Path, interpreter: str | None) -> Specification:
    path = folder / "azureml_environment.json"
    python = {"userManagedDependencies": True} | ({"interpreterPath": interpreter} if interpreter else {})
    path.write_text(json.dumps({"name": "mine", "python": python, "environmentVariables": {"A": "1"}}))
    return read_environment_file(path)


@pytest.mark.slow
async def test_an_interpreter_with_the_server_is_taken_as_it_is(conda, tmp_path: Path) -> None:
    made = await sync(conda("six==1.16.0"))
    own = await sync(managed(tmp_path, str(made.interpreter)))
    assert (own.strategy, own.interpreter, own.python_version) == (Strategy.OWN, made.interpreter, made.python_version)
    assert own.server is not None
    assert not own.server.added
    assert own.variables == (("A", "1"),)
    assert own.notes


async def test_an_interpreter_without_the_server_says_how_to_install_it() -> None:
    with pytest.raises(EnvironmentProblem, match="has no azureml-inference-server-http") as raised:
        await own_environment(Path(sys.executable))
    assert "pip install" in raised.value.todo


@pytest.mark.parametrize("name", ["no-such-interpreter", "./bin/python"])
async def test_an_interpreter_that_is_not_there(tmp_path: Path, name: str) -> None:
    specification = managed(tmp_path, name)
    assert find(specification) is None
    with pytest.raises(EnvironmentProblem, match="There is no interpreter") as raised:
        await sync(specification)
    assert raised.value.place is not None


@pytest.mark.skipif(os.name == "nt", reason="needs a shell script as a program")
async def test_a_program_that_is_no_interpreter(tmp_path: Path) -> None:
    other = tmp_path / "python"
    other.write_text("#!/bin/sh\necho hello\n")
    other.chmod(0o755)
    with pytest.raises(EnvironmentProblem, match="does not run as a Python"):
        await own_environment(other)
