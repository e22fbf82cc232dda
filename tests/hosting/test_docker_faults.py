"""What a service in a container survives, and what is left when its command, its container or its engine goes."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import tempfile
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

import psutil
import pytest
import requests
from tests.engine.private_engine import PrivateEngine, private_engine
from tests.hosting.kit import Kit, post, until
from tests.hosting.own_containers import ours

from scoredock.engine import containers
from scoredock.engine.background import beside
from scoredock.engine.connection import Connection
from scoredock.engine.values import EngineAbsent
from scoredock.hosting import ports, services
from scoredock.hosting.docker import DockerEngine
from scoredock.hosting.docker_record import OWNER, container_name, owner
from scoredock.hosting.values import PortTaken, ScriptCrashed, ServiceProblem, State
from scoredock.progress import Step
from scoredock.project.values import ModelMount, Resources

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
def kit(docker_kit: Kit) -> Kit:
    return docker_kit


async def state_of(kit: Kit) -> tuple[State, str]:
    found = await kit.fresh().find(kit.name)
    assert found is not None
    return found.state, found.exit_reason


async def test_without_an_engine_there_is_no_service_and_one_sentence(
    tmp_path: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    assert await DockerEngine().list() == () and await DockerEngine().find("echo") is None
    assert await services.find("echo") is None
    with pytest.raises(EngineAbsent, match="No Docker engine answers at unix://"):
        await DockerEngine().deploy(kit.plan())


async def test_an_engine_on_another_machine_is_said(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scoredock.engine.values.Address.on_this_machine", False)
    with pytest.raises(ServiceProblem, match="is not on this machine"):
        await kit.engine.deploy(kit.plan())


async def test_killed_from_outside(kit: Kit, connection: Connection) -> None:
    service = await kit.engine.deploy(kit.plan())
    await asyncio.to_thread(connection.api.kill, service.identity)
    state, reason = await state_of(kit)
    assert state is State.CRASHED and "killed from outside" in reason
    with pytest.raises(ServiceProblem, match="does not run"):
        await kit.engine.update(kit.name)
    assert post(await kit.engine.deploy(kit.plan()))["answer"] == "one"


async def test_stopped_and_removed_from_outside(kit: Kit, connection: Connection) -> None:
    service = await kit.engine.deploy(kit.plan())
    await beside(lambda _: containers.stop(connection, service.identity, 10))
    state, reason = await state_of(kit)
    assert state is State.STOPPED and "from outside" in reason
    service = await kit.engine.deploy(kit.plan())
    await beside(lambda _: containers.remove(connection, service.identity))
    assert await kit.fresh().find(kit.name) is None
    assert post(await kit.engine.deploy(kit.plan()))["answer"] == "one"
    assert len(ours(connection)) == 2


async def test_the_container_that_holds_the_port_is_removed(kit: Kit, connection: Connection) -> None:
    await kit.engine.deploy(kit.plan())
    await beside(lambda _: containers.remove(connection, container_name(kit.name, "port")))
    state, reason = await state_of(kit)
    assert state is State.UNHEALTHY and "port" in reason
    assert post(await kit.engine.deploy(kit.plan()))["answer"] == "one"
    assert (await state_of(kit))[0] is State.HEALTHY
    assert len(ours(connection)) == 2


async def test_a_paused_container_is_said(kit: Kit, connection: Connection) -> None:
    service = await kit.engine.deploy(kit.plan())
    await asyncio.to_thread(connection.api.pause, service.identity)
    state, reason = await state_of(kit)
    assert state is State.UNHEALTHY and "paused" in reason
    await asyncio.to_thread(connection.api.unpause, service.identity)
    assert (await state_of(kit))[0] is State.HEALTHY


async def test_a_gpu_that_the_engine_does_not_have(kit: Kit, connection: Connection) -> None:
    if connection.about.gpus:
        pytest.skip("this engine has a GPU")
    with pytest.raises(ServiceProblem, match="has no GPU to give to a container") as said:
        await kit.engine.deploy(kit.plan(gpus=1))
    assert "--gpus" in said.value.todo and ours(connection) == []
    steps: list[Step] = []  # a deployment for a machine with GPUs can be tried on one without
    service = await kit.engine.deploy(kit.plan(kit.project(resources=Resources(gpu=1))), steps.append)
    assert any("the engine has none, so it starts without" in step.detail for step in steps)
    assert post(service)["answer"] == "one"


async def test_more_memory_than_it_has(kit: Kit) -> None:
    kit.edit("    count = 0", "    import os\n    os.fork() or [bytearray(400_000_000)]\n    count = bytearray(400_000_000)")
    small = kit.plan(kit.project(resources=Resources(memory=150_000_000)))
    with pytest.raises((ScriptCrashed, ServiceProblem)) as said:
        await kit.engine.deploy(small)
    assert "memory" in str(said.value)


async def test_an_image_that_is_removed_under_a_running_service(kit: Kit, connection: Connection, tmp_path: Path) -> None:
    image = f"scoredock-test-{os.getpid()}:gone"
    await asyncio.to_thread(connection.client.images.get(kit.image).tag, image)
    model = tmp_path / "model.txt"
    model.write_text("first")
    kit.edit('"answer": "one"', '"answer": open(os.environ["AZUREML_MODEL_DIR"] + "/model.txt").read()')
    kit.edit("import json", "import json, os")
    project = kit.project(models=(ModelMount(model, PurePosixPath("model.txt")),))
    service = await kit.engine.deploy(replace(kit.plan(project), image=image))
    await asyncio.to_thread(connection.client.images.remove, image, force=True)
    assert post(service)["answer"] == "first"
    (tmp_path / "next").write_text("second")
    (tmp_path / "next").replace(model)  # another file in its place: another container has to be made, of the same image
    updated = await kit.engine.update(kit.name)
    assert post(updated.service)["answer"] == "second" and updated.service.port == service.port
    with pytest.raises(ServiceProblem, match="is not on the engine"):
        await kit.engine.deploy(replace(kit.plan(project), image=image))
    assert post(service)["answer"] == "second"


async def test_a_port_taken_between_check_and_bind(kit: Kit, connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setattr(ports, "listen", lambda _: socket.socket())  # it was free when it was looked at
        with pytest.raises(PortTaken, match=str(taken.getsockname()[1])):
            await kit.engine.deploy(kit.plan(port=taken.getsockname()[1]))
    assert ours(connection) == []


async def test_a_script_that_forks_and_shouts_leaves_nothing_and_a_bounded_log(kit: Kit) -> None:
    mark = f"600.{os.getpid()}"
    kit.edit(
        "    count = 0",
        f"    import subprocess, threading\n"
        f"    subprocess.Popen(['sleep', '{mark}'], start_new_session=True)\n"
        "    threading.Thread(target=lambda: [print('x' * 1000) for _ in range(50_000)], daemon=True).start()\n"
        "    count = 0",
    )
    service = await kit.engine.deploy(kit.plan())
    assert post(service)["answer"] == "one"
    assert sleeping(mark)
    await kit.engine.stop(kit.name)
    await until(lambda: not sleeping(mark))


def sleeping(mark: str) -> bool:
    return any(process.info["cmdline"] == ["sleep", mark] for process in psutil.process_iter(["cmdline"]))


@pytest.fixture
def engine_to_kill(tmp_path: Path, kit: Kit) -> Iterator[PrivateEngine]:
    with private_engine(tmp_path) as made:
        made.bring(kit.image)
        yield made


async def test_an_engine_that_is_restarted_while_a_service_runs(
    kit: Kit, engine_to_kill: PrivateEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", engine_to_kill.url)
    engine = DockerEngine()
    port = (await engine.deploy(kit.plan())).port
    for how in (signal.SIGTERM, signal.SIGKILL):
        await asyncio.to_thread(engine_to_kill.stop, how)
        assert await engine.list() == ()
        with pytest.raises(EngineAbsent):
            await engine.update(kit.name)
        await asyncio.to_thread(engine_to_kill.start)
        found = await engine.find(kit.name)
        assert found is not None and found.state in (State.STOPPED, State.CRASHED) and found.exit_reason
        again = await engine.deploy(kit.plan(port=port))
        assert again.port == port and post(again)["answer"] == "one"
    await engine.delete(kit.name)
    assert await engine.list() == ()


@pytest.mark.timeout(900)
async def test_fifty_cycles_leave_everything_as_it_was(kit: Kit, connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = kit.code.parent / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))

    async def cycle(number: int) -> None:
        kit.write(textwrap.dedent(f"def init():\n    pass\ndef run(raw_data):\n    return {number}\n"))
        service = await kit.engine.deploy(kit.plan())
        kit.edit(f"return {number}", f"return {number} + 1")
        await kit.engine.update(kit.name)
        assert (await asyncio.to_thread(requests.post, service.scoring_uri, "", timeout=10)).json() == number + 1
        await kit.engine.delete(kit.name)

    def there() -> tuple[object, ...]:
        me = psutil.Process()
        listening = {c.laddr.port for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN and c.pid == me.pid}
        return (
            ours(connection),
            len(me.children(recursive=True)),
            len(listening),
            sorted(scratch.iterdir()),
            [v.name for v in connection.client.volumes.list() if v.name in volumes_in_use(connection)],
        )

    await cycle(0)
    images, volumes = len(connection.client.images.list(all=True)), len(connection.client.volumes.list())
    before, files = there(), psutil.Process().num_fds()
    for number in range(1, 50):
        await cycle(number)
    assert there() == before
    assert psutil.Process().num_fds() <= files + 5
    assert len(connection.client.volumes.list()) <= volumes
    assert len(connection.client.images.list(all=True)) <= images


def volumes_in_use(connection: Connection) -> set[str]:
    """Volumes of containers of this test."""
    names = set()
    for container in containers.labelled(connection, f"{OWNER}={owner()}"):
        names |= {mount.get("Name", "") for mount in connection.api.inspect_container(container.id)["Mounts"]}
    return names
