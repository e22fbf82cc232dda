"""Bytecode: made in the background, and handed on from one environment to the next."""

from __future__ import annotations

import asyncio
import os
import subprocess

import pytest

from scoredock.environment.at_work import in_use
from scoredock.environment.bytecode import compile_bytecode, is_compiled
from scoredock.environment.cached import remove
from scoredock.environment.declared import packages_folder
from scoredock.environment.sync import find, sync
from scoredock.environment.values import ReadyEnvironment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def compiled(ready: ReadyEnvironment) -> set[str]:
    packages = packages_folder(ready)
    return {path.relative_to(packages).as_posix() for path in packages.rglob("*.pyc")}


def run(ready: ReadyEnvironment, code: str) -> str:
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run(
        [ready.interpreter, "-c", code], env=variables, capture_output=True, text=True, check=True, timeout=60
    ).stdout


async def test_compiling_in_the_background(conda, own_cache) -> None:
    ready = await sync(conda("six==1.16.0"))
    assert not compiled(ready)
    started = asyncio.create_task(compile_bytecode(ready))
    await asyncio.sleep(0)
    started.cancel()
    with pytest.raises(asyncio.CancelledError):
        await started
    assert not is_compiled(ready)
    await compile_bytecode(ready)
    assert is_compiled(ready)
    assert any(name.startswith("flask/__pycache__/app.") for name in compiled(ready))
    found = find(conda("six==1.16.0"))
    assert found is not None, "bytecode is no damage"


async def test_an_environment_that_is_being_compiled_can_be_removed(conda, own_cache) -> None:
    ready = await sync(conda("six==1.16.0"))
    compiling = asyncio.create_task(compile_bytecode(ready))
    while not compiled(ready):
        assert not compiling.done()
        await asyncio.sleep(0.01)
    assert not in_use(ready.prefix), "nobody is served by it"
    await asyncio.to_thread(remove, ready.key)
    await asyncio.wait_for(compiling, 30)
    assert not ready.prefix.exists()


async def test_bytecode_of_the_same_files_is_handed_on(conda, own_cache) -> None:
    first = await sync(conda("six==1.16.0"))
    run(first, "import six, flask")
    had = compiled(first)
    assert any(name.startswith("flask/") for name in had)
    second = await sync(conda("six==1.15.0"))
    given = compiled(second)
    assert given == {name for name in had if not name.startswith("__pycache__/six")}
    path = run(second, "import flask, inspect; print(flask.app.__file__, flask.Flask.run.__code__.co_filename)").split()
    assert path[0] == path[1] == str(packages_folder(second) / "flask" / "app.py")
    assert run(second, "import six; print(six.__version__)").strip() == "1.15.0"
