"""Every engine that this machine can run, each with a small project in a real environment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
from tests.hosting.kit import ECHO, Kit

from scoredock.environment.sync import read_specification, sync
from scoredock.hosting import runs
from scoredock.hosting.process import ProcessEngine
from scoredock.project.values import RequirementsFile

# The engines that the contract holds for: a row here and a fixture ``NAME_kit`` below. (pytest.param takes marks.)
ENGINES = ["process"]


@pytest.fixture(params=ENGINES)
def kit(request: pytest.FixtureRequest) -> Kit:
    made: Kit = request.getfixturevalue(f"{request.param}_kit")
    return made


@pytest.fixture
async def interpreter(tmp_path_factory: pytest.TempPathFactory, home: Path) -> tuple[Path, str]:
    """A synced environment with the newest server and nothing else; made by the first test that needs it."""
    file = tmp_path_factory.getbasetemp() / "server-only" / "requirements.txt"
    file.parent.mkdir(exist_ok=True)
    file.write_text("azureml-inference-server-http\n", encoding="utf-8")
    ready = await sync(read_specification(RequirementsFile(file)))
    return ready.interpreter, ready.key


@pytest.fixture
async def process_kit(tmp_path: Path, interpreter: tuple[Path, str]) -> AsyncIterator[Kit]:
    code = tmp_path / "code"
    code.mkdir()
    kit = Kit(ProcessEngine(), ProcessEngine, code, *interpreter)
    kit.write(ECHO)
    yield kit
    pids = [run.pid() for name in runs.names() for run in runs.runs(name)]
    for name in runs.names():
        await ProcessEngine().delete(name)
    alive = [pid for pid in pids if pid and psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE]
    assert not alive
