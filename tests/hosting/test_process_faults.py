"""What can go wrong with a service that is a process, and what is left of it: nothing that a later command does not find."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from tests.hosting.kit import WAITING, Kit, post, until

from scoredock.hosting import runs, starting
from scoredock.hosting.process import ProcessEngine
from scoredock.hosting.values import ScriptCrashed, ServiceProblem, State

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

DEPLOYER = """\
import asyncio, sys
from pathlib import Path
from scoredock.hosting.process import ProcessEngine
from scoredock.hosting.values import Plan
from scoredock.project.values import Project, Source
code = Path(sys.argv[1])
project = Project(file=code / "score.py", source=Source.INFERRED, name="echo", code=code, entry_script=code / "score.py")
plan = Plan(project, "echo", Path(sys.argv[2]), "key")
asyncio.run(ProcessEngine().update("echo") if sys.argv[3] == "update" else ProcessEngine().deploy(plan))
"""


@pytest.fixture
def kit(process_kit: Kit) -> Kit:
    return process_kit


def deploy_elsewhere(kit: Kit, what: str = "deploy") -> subprocess.Popen[bytes]:
    """The same as another command would do it, in a process that can be killed."""
    return subprocess.Popen([sys.executable, "-c", DEPLOYER, str(kit.code), str(kit.interpreter), what])


def of_this_home() -> list[psutil.Process]:
    """Every process that has to do with services of this test."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(runs.root()) in " ".join(process.cmdline()) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            pass
    return found


async def test_a_command_killed_in_mid_deploy_leaves_a_service_that_is_found_and_can_be_stopped(kit: Kit) -> None:
    kit.edit("    count = 0", f"    {WAITING}count = 0")
    command = deploy_elsewhere(kit)
    await until(of_this_home)
    command.kill()
    command.wait()
    found = await kit.engine.find(kit.name)
    assert found is not None and found.state is State.STARTING
    (kit.code / "go").touch()
    await until(lambda: kit.engine and _healthy(found.port))
    again = await kit.fresh().find(kit.name)
    assert again is not None and (again.state, again.port) == (State.HEALTHY, found.port)
    assert post(again)["answer"] == "one"
    await kit.engine.stop(kit.name)
    await until(lambda: not of_this_home())


def _leads(process: psutil.Process) -> bool:
    try:
        return os.getsid(process.pid) == process.pid
    except OSError:
        return False


def _healthy(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/", timeout=10).status_code == 200
    except requests.RequestException:
        return False


@pytest.mark.parametrize("delay", [0.0, 0.05, 0.2, 0.5])
async def test_killed_at_any_moment_of_a_deploy_the_next_one_works(kit: Kit, delay: float) -> None:
    command = deploy_elsewhere(kit)
    await until(lambda: (runs.root() / kit.name).exists() or command.poll() is not None)
    await asyncio.sleep(delay)  # the moment that is tried, not something waited for
    command.kill()
    command.wait()
    service = await kit.engine.deploy(kit.plan())
    assert post(service)["answer"] == "one"
    assert len(await kit.engine.list()) == 1
    # What the killed command had started goes.
    await until(lambda: len([process for process in of_this_home() if _leads(process)]) == 1)
    await kit.engine.delete(kit.name)
    await until(lambda: not of_this_home())
    assert not (runs.root() / kit.name).exists()


async def test_a_command_killed_while_it_replaces_a_service_loses_neither(kit: Kit) -> None:
    service = await kit.engine.deploy(kit.plan())
    kit.edit("one", "two")
    kit.edit("    count = 0", "    import time; time.sleep(1)")
    before = len(of_this_home())
    command = deploy_elsewhere(kit)
    await until(lambda: len(of_this_home()) > before + 1)
    command.kill()
    command.wait()
    # The new process takes the place by itself when it is ready; meanwhile the old one answers.
    answers = set()
    limit = time.monotonic() + 30
    while "two" not in answers:
        answers.add((await asyncio.to_thread(post, service))["answer"])
        assert time.monotonic() < limit
    found = await kit.fresh().find(kit.name)
    assert found is not None and found.port == service.port and found.state is State.HEALTHY
    assert found.identity != service.identity
    await kit.engine.stop(kit.name)
    await until(lambda: not of_this_home())


async def test_an_update_whose_command_is_killed_is_done_by_the_service(kit: Kit) -> None:
    kit.edit("    count = 0", f"    {WAITING}count = 0")
    (kit.code / "go").touch()
    service = await kit.engine.deploy(kit.plan())
    (kit.code / "go").unlink()
    kit.edit("one", "two")
    command = deploy_elsewhere(kit, "update")
    while not (await kit.engine.control(kit.name, {"command": "status"}))["updating"]:
        assert command.poll() is None
        await asyncio.sleep(0.02)
    command.kill()
    command.wait()
    (kit.code / "go").touch()
    await until(lambda: post(service)["answer"] == "two")
    found = await kit.engine.find(kit.name)
    assert found is not None and (found.state, found.generation) == (State.HEALTHY, 2)


async def test_a_service_killed_from_outside_is_seen_as_such_and_can_be_started_again(kit: Kit) -> None:
    service = await kit.engine.deploy(kit.plan())
    pid = int(service.identity.split(":")[0])
    os.kill(pid, signal.SIGKILL)
    await until(lambda: not psutil.pid_exists(pid))
    found = await kit.fresh().find(kit.name)
    assert found is not None and found.state is State.CRASHED and "ended from outside" in found.exit_reason
    with pytest.raises(ServiceProblem, match="does not run"):
        await kit.engine.update(kit.name)
    again = await kit.engine.deploy(kit.plan(port=service.port))
    assert again.port == service.port, "the workers that were left do not hold the port"
    assert post(again)["answer"] == "one"


async def test_workers_killed_from_outside_come_back(kit: Kit) -> None:
    service = await kit.engine.deploy(kit.plan(environment_variables=(("WORKER_COUNT", "2"),)))
    for worker in psutil.Process(int(service.identity.split(":")[0])).children():
        worker.kill()
    assert post(service)["answer"] == "one"
    found = await kit.engine.find(kit.name)
    assert found is not None and found.state is State.HEALTHY and found.identity == service.identity


async def test_a_pid_that_belongs_to_somebody_else_now_is_left_alone(kit: Kit) -> None:
    await kit.engine.deploy(kit.plan())
    (run,) = runs.runs(kit.name)
    await kit.engine.stop(kit.name)
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True)
    try:
        record = run.folder / "process.json"
        then = record.stat().st_mtime - 60
        record.write_text(f'{{"pid": {bystander.pid}}}', encoding="utf-8")
        os.utime(record, (then, then))
        (run.folder / "stopped").unlink()
        found = await kit.engine.find(kit.name)
        assert found is not None and found.state is State.CRASHED
        await kit.engine.stop(kit.name)
        await kit.engine.delete(kit.name)
        assert bystander.poll() is None
    finally:
        bystander.communicate(b"\n", timeout=20)


FORKING = """\
import os, subprocess, sys, time


def init():
    subprocess.Popen(["sleep", "1000"])
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"], start_new_session=True)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(1000)
        os._exit(0)


def run(raw_data):
    return "one"
"""


async def test_what_the_script_has_started_ends_with_the_service(kit: Kit) -> None:
    kit.write(FORKING)
    service = await kit.engine.deploy(kit.plan())
    arbiter = psutil.Process(int(service.identity.split(":")[0]))
    started = arbiter.children(recursive=True)
    assert len(started) >= 4, "the worker, and three that the script has started"
    assert post(service) == "one"
    await kit.engine.stop(kit.name)
    _, alive = psutil.wait_procs(started, timeout=60)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []


FLOOD = """\
import sys


def init():
    pass


def run(raw_data):
    line = "x" * 99
    for number in range(int(raw_data)):
        sys.stderr.write(line + "\\n")
    sys.stderr.write("the end\\n")
    return "one"
"""


async def test_a_script_that_floods_its_log_is_followed_to_the_end(kit: Kit) -> None:
    kit.write(FLOOD)
    service = await kit.engine.deploy(kit.plan())
    seen = 0
    over = asyncio.Event()

    async def follow() -> None:
        nonlocal seen
        async for batch in kit.fresh().logs(kit.name, follow=True):
            seen += sum(line.text == "x" * 99 for line in batch)
            if any(line.text == "the end" for line in batch):
                over.set()

    following = asyncio.create_task(follow())
    assert await asyncio.to_thread(post, service, "500000", timeout=180) == "one"  # 50 MB
    await asyncio.wait_for(over.wait(), 180)
    assert seen == 500_000
    last = [line.text async for batch in kit.engine.logs(kit.name, last=10) for line in batch]
    assert "the end" in last
    await kit.engine.stop(kit.name)
    await asyncio.wait_for(following, 60)


async def test_stopped_while_it_is_being_deployed(kit: Kit) -> None:
    kit.edit("    count = 0", "    import time; time.sleep(60)")
    deploying = asyncio.create_task(kit.engine.deploy(kit.plan()))
    await until(of_this_home)
    await kit.fresh().stop(kit.name)
    with pytest.raises(ServiceProblem, match="stopped while it was starting"):
        await asyncio.wait_for(deploying, 60)
    await until(lambda: not of_this_home())


async def test_an_update_whose_caller_is_gone_still_takes_effect_or_not_at_all(kit: Kit) -> None:
    service = await kit.engine.deploy(kit.plan())
    kit.edit("one", "two")
    kit.edit("    count = 0", f"    {WAITING}count = 0")
    updating = asyncio.create_task(kit.engine.update(kit.name))
    while not (await kit.engine.control(kit.name, {"command": "status"}))["updating"]:
        await asyncio.sleep(0.02)
    updating.cancel()
    with pytest.raises(asyncio.CancelledError):
        await updating
    (kit.code / "go").touch()
    await until(lambda: post(service)["answer"] == "two")
    found = await kit.engine.find(kit.name)
    assert found is not None and found.generation == 2 and found.state is State.HEALTHY


def traces() -> dict[str, object]:
    """Everything that a service could leave behind."""
    gc.collect()  # sockets of clients that nobody refers to any more are no trace of the service
    temporary = Path(tempfile.gettempdir())
    short = list(temporary.glob("scoredock-*/*"))
    return {
        "processes": len(of_this_home()),
        "children": [child.pid for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE],
        "descriptors": psutil.Process().num_fds(),
        "temporary": sorted(path.name for path in temporary.glob("scoredock-gate*")),
        "sockets": sorted(path.name for path in short),
        "state": sorted(path.name for path in runs.root().iterdir()),
    }


@pytest.mark.timeout(900)
async def test_fifty_cycles_leave_everything_as_it_was(kit: Kit) -> None:
    async def cycle(number: int) -> int:
        kit.write(f"def init():\n    pass\ndef run(raw_data):\n    return {number}\n")
        service = await kit.engine.deploy(kit.plan())
        kit.edit(f"return {number}", f"return {number} + 1")
        await kit.engine.update(kit.name)
        assert await asyncio.to_thread(post, service) == number + 1
        await kit.engine.delete(kit.name)
        return service.port

    await cycle(0)
    before = traces()
    used = {await cycle(number) for number in range(1, 51)}
    assert traces() == before
    for port in used:
        with socket.socket() as free:
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            free.bind(("127.0.0.1", port))


async def test_many_updates_good_and_bad_leave_one_worker_and_no_open_file(kit: Kit) -> None:
    service = await kit.engine.deploy(kit.plan())
    arbiter = psutil.Process(int(service.identity.split(":")[0]))
    await kit.engine.update(kit.name)
    await until(lambda: len(arbiter.children()) == 1)
    descriptors = arbiter.num_fds()
    for number in range(20):
        if number % 4 == 3:
            kit.edit("    count = 0", "    count = nothing")
            with pytest.raises(ScriptCrashed):
                await kit.engine.update(kit.name)
            kit.edit("    count = nothing", "    count = 0")
        else:
            await kit.engine.update(kit.name)
    await until(lambda: len(arbiter.children()) == 1)
    await until(lambda: arbiter.num_fds() <= descriptors + 1)  # a probe's may be open for a moment


async def test_a_long_state_folder_is_no_obstacle(kit: Kit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / ("long" * 30)
    home.mkdir()
    monkeypatch.setenv("SCOREDOCK_HOME", str(home))
    service = await ProcessEngine().deploy(kit.plan())
    assert post(service)["answer"] == "one"
    (run,) = runs.runs(kit.name)
    assert run.control.stat().st_mode & 0o777 == 0o600
    assert run.control.parent.stat().st_mode & 0o077 == 0
    control = run.control
    await ProcessEngine().delete(kit.name)
    assert not control.exists()


async def test_a_deploy_that_is_cancelled_when_it_has_taken_the_place_has_taken_it(
    kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    await kit.engine.deploy(kit.plan())
    kit.edit('"answer": "one"', '"answer": "two"')
    until_ready = starting.until_ready

    async def cancelled_a_moment_later(*arguments: Any) -> str:
        await until_ready(*arguments)
        raise asyncio.CancelledError

    monkeypatch.setattr(starting, "until_ready", cancelled_a_moment_later)
    with pytest.raises(asyncio.CancelledError):
        await kit.engine.deploy(kit.plan())
    found = await kit.fresh().find(kit.name)
    assert found is not None and found.state is State.HEALTHY, "the old one has gone already"
    assert post(found)["answer"] == "two"
