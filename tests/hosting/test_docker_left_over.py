"""What commands that were killed, and other commands at the same time, leave in the way of the next."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.hosting.kit import WAITING, Kit, post
from tests.hosting.own_containers import only_its_own, ours

from scoredock.engine import containers
from scoredock.engine.background import beside
from scoredock.engine.connection import Connection
from scoredock.engine.values import ContainerOrder, NameTaken
from scoredock.hosting import docker_stock
from scoredock.hosting.docker_record import OWNER, container_name, owner
from scoredock.hosting.values import NotRunning, State

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
def kit(docker_kit: Kit) -> Kit:
    return docker_kit


COMMAND = """
import asyncio, sys
from pathlib import Path
from scoredock.hosting.docker import DockerEngine
from scoredock.hosting.values import Plan
from scoredock.project.values import Project, Source
name, code, interpreter, image, what = sys.argv[1:]
script = Path(code, "score.py")
project = Project(file=script, source=Source.INFERRED, name=name, code=Path(code), entry_script=script)
plan = Plan(project, name, Path(interpreter), "key", image=image)
engine = DockerEngine()
print("begins", flush=True)
asyncio.run(engine.deploy(plan, lambda step: print(step.title, flush=True)) if what == "deploy" else engine.update(name))
"""


@contextlib.contextmanager
def command(kit: Kit, what: str) -> Iterator[subprocess.Popen[str]]:
    """Another command at work on the service; killed in the end."""
    arguments = (kit.name, str(kit.code), kit.interpreter.as_posix(), kit.image, what)
    process = subprocess.Popen([sys.executable, "-c", COMMAND, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


def heard(process: subprocess.Popen[str], words: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if words in line:
            return
    raise AssertionError(f"it never said {words!r}")


@pytest.mark.parametrize("words", ["begins", "Creating the container", "Starting the service"])
async def test_a_deploy_whose_command_is_killed(kit: Kit, connection: Connection, words: str) -> None:
    with command(kit, "deploy") as process:
        await asyncio.to_thread(heard, process, words)
    # Nothing answers yet that should not, and the next command makes it whole.
    service = await kit.engine.deploy(kit.plan())
    assert post(service)["answer"] == "one"
    await only_its_own(kit, connection)


@pytest.mark.parametrize("words", ["Creating the container", "Starting the service"])
async def test_a_deploy_over_a_running_service_whose_command_is_killed(kit: Kit, connection: Connection, words: str) -> None:
    before = await kit.engine.deploy(kit.plan())
    kit.edit("one", "two")
    with command(kit, "deploy") as process:
        await asyncio.to_thread(heard, process, words)
    assert post(before)["answer"] in ("one", "two"), "somebody answers on the port"
    found = await kit.fresh().find(kit.name)
    assert found is not None and found.port == before.port
    again = await kit.engine.deploy(kit.plan())
    assert post(again)["answer"] == "two" and again.port == before.port
    await only_its_own(kit, connection)


async def test_an_update_whose_command_is_killed_is_done_by_the_service(kit: Kit) -> None:
    kit.edit("    count = 0", f"    {WAITING}count = 0")
    (kit.code / "go").touch()
    service = await kit.engine.deploy(kit.plan())
    (kit.code / "go").unlink()
    kit.edit("one", "two")
    with command(kit, "update") as process:
        await asyncio.to_thread(heard, process, "begins")
        while not (await kit.engine.control(kit.name, {"command": "status"}))["updating"]:
            assert process.poll() is None
            await asyncio.sleep(0.02)
    (kit.code / "go").touch()
    assert post(service)["answer"] in ("one", "two")
    assert (await kit.engine.update(kit.name)).service.state is State.HEALTHY
    assert post(service)["answer"] == "two"


async def test_a_container_that_never_got_its_name_is_in_nobodys_way(kit: Kit, connection: Connection) -> None:
    """As a command leaves it that is killed when its container has just taken the place."""
    service = await kit.engine.deploy(kit.plan())
    await beside(lambda _: containers.rename(connection, service.identity, container_name(kit.name, "next")))
    kit.edit('"answer": "one"', '"answer": "two"')
    again = await kit.fresh().deploy(kit.plan())
    assert again.port == service.port and post(again)["answer"] == "two"
    await only_its_own(kit, connection)


@pytest.mark.parametrize("part", ["", "port"])
async def test_a_container_that_the_engine_made_for_a_killed_command_gives_way(
    kit: Kit, connection: Connection, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes when the next command has already looked."""

    async def late(engine: Connection, *_: object, **__: object) -> None:
        await beside(lambda _: containers.create(engine, left_over))

    left_over = ContainerOrder(kit.image, container_name(kit.name, part), ("tail", "-f", "/dev/null"), labels=((OWNER, owner()),))
    with monkeypatch.context() as patched:
        patched.setattr(docker_stock, "sweep", late)
        service = await kit.engine.deploy(kit.plan())
    assert post(service)["answer"] == "one"
    await only_its_own(kit, connection)


async def test_a_container_of_somebody_else_under_the_name_stays(kit: Kit, connection: Connection) -> None:
    name = container_name(kit.name)
    theirs = await beside(lambda _: containers.create(connection, ContainerOrder(kit.image, name, ("true",))))
    try:
        with pytest.raises(NameTaken, match=f"There is a container {name} already"):
            await kit.engine.deploy(kit.plan())
        assert containers.inspect(connection, name).id == theirs.id
    finally:
        containers.remove(connection, theirs.id)
    assert ours(connection) == []


async def test_a_look_while_another_container_takes_the_place(
    kit: Kit, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = await kit.engine.deploy(kit.plan())
    stock = await docker_stock.look(connection)
    new = await kit.engine.deploy(replace(kit.plan(), environment_variables=(("A", "new"),)))
    looks = [stock, await docker_stock.look(connection)]  # the first is from before

    async def look(_: Connection) -> docker_stock.Stock:
        return looks.pop(0)

    for question in (kit.fresh().find(kit.name), kit.fresh().list()):
        before = list(looks)
        with monkeypatch.context() as patched:
            patched.setattr(docker_stock, "look", look)
            answer = await question
        (found,) = answer if isinstance(answer, tuple) else (answer,)
        assert found is not None and found.identity == new.identity != old.identity
        assert looks == []
        looks[:] = before
    with monkeypatch.context() as patched:
        patched.setattr(docker_stock, "look", look)
        with pytest.raises(NotRunning):
            await kit.fresh().update(kit.name)
