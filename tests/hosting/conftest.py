"""Every engine that this machine can run, each with a small project in a real environment."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from tests.hosting.kit import ECHO, Kit

from scoredock.engine import containers
from scoredock.engine.connection import Connection, connect
from scoredock.environment.sync import read_specification, sync
from scoredock.hosting import runs
from scoredock.hosting.docker import DockerEngine
from scoredock.hosting.docker_image import environment_image
from scoredock.hosting.docker_record import OWNER, owner
from scoredock.hosting.process import ProcessEngine
from scoredock.project.values import RequirementsFile

# The engines that the contract holds for: a row here and a fixture ``NAME_kit`` below. (pytest.param takes marks.)
ENGINES = ["process", pytest.param("docker", marks=pytest.mark.docker)]


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
    assert not [pid for pid in pids if pid and lives(pid)]


def lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


@pytest.fixture
async def docker_kit(tmp_path: Path, home: Path) -> AsyncIterator[Kit]:
    connection = connect()
    file = tmp_path / "requirements.txt"
    file.write_text("azureml-inference-server-http\n", encoding="utf-8")
    code = tmp_path / "code"
    code.mkdir()
    kit = Kit(DockerEngine(), DockerEngine, code, Path(), "")
    base = os.environ["SCOREDOCK_TEST_BASE_IMAGE"]
    made = await environment_image(connection, kit.project(environment=RequirementsFile(file), base_image=base))
    kit = replace(kit, interpreter=Path(made.interpreter), environment_key=made.key, image=made.image)
    kit.write(ECHO)
    yield kit
    for service in await DockerEngine().list():
        await DockerEngine().delete(service.name)
    left = [container.name for container in containers.labelled(connection, f"{OWNER}={owner()}")]
    connection.close()
    assert not left


@pytest.fixture
def connection() -> Iterator[Connection]:
    found = connect()
    yield found
    found.close()
