"""The cache of environments: sizes, removing, pruning, upgrading, and what killed syncs leave."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from scoredock.environment import store
from scoredock.environment.cached import cached_environments, prune, remove
from scoredock.environment.key import environment_key
from scoredock.environment.lock_text import read_lock
from scoredock.environment.sync import find, sync
from scoredock.environment.values import EnvironmentProblem, Specification, Strategy

from .wheels import write_wheel

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


async def test_list_remove_and_the_versions_that_stay(conda, own_cache: Path) -> None:
    specification = conda("six==1.16.0")
    made = await sync(specification)
    (listed,) = cached_environments()
    assert (listed.key, listed.prefix, listed.complete) == (made.key, made.prefix, True)
    assert listed.size > listed.frees > 0
    gone = remove(made.key[:8])
    assert gone.key == made.key
    assert not made.prefix.exists()
    assert find(specification) is None
    assert store.lock_path(made.key).exists()
    with pytest.raises(EnvironmentProblem, match="begins with"):
        remove(made.key)


async def test_an_environment_in_use_is_not_removed(conda, own_cache: Path) -> None:
    made = await sync(conda("six==1.16.0"))
    user = subprocess.Popen([made.interpreter, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        with pytest.raises(EnvironmentProblem, match="in use"):
            remove(made.key)
        assert prune(unused_for_days=0) == ()
    finally:
        user.communicate(b"\n", timeout=30)
    assert [item.key for item in prune(unused_for_days=0)] == [made.key]
    assert not made.prefix.exists()


async def test_prune_keeps_what_was_used_and_takes_what_was_left(conda, own_cache: Path) -> None:
    made = await sync(conda("six==1.16.0"))
    leftover = store.new_folder("0123456789abcdef")
    assert prune(unused_for_days=1) == ()
    assert made.prefix.exists()
    assert not leftover.exists()
    old = time.time() - 3 * 86400
    record = store.root() / f"{made.key}.json"
    content = json.loads(record.read_text())
    record.write_text(json.dumps(content | {"made_at": old}))
    os.utime(record, (old, old))
    assert [item.key for item in prune(unused_for_days=1)] == [made.key]


async def test_the_same_file_gives_the_same_versions_until_an_upgrade(requirements, own_cache: Path, tmp_path: Path) -> None:
    links = tmp_path / "links"
    write_wheel(links, "moving-target", "1.0")
    specification = requirements(f"--find-links {links}", "moving-target")

    def version(found: object) -> str | None:
        return next(item.version for item in read_lock(found) if item.name == "moving-target")  # type: ignore[arg-type]

    first = await sync(specification)
    assert version(first.lock) == "1.0"
    write_wheel(links, "moving-target", "2.0")
    remove(first.key)
    assert version((await sync(specification)).lock) == "1.0"
    upgraded = await sync(specification, upgrade=True)
    assert version(upgraded.lock) == "2.0"
    assert upgraded.fresh
    found = find(specification)
    assert found is not None
    assert found.prefix == upgraded.prefix


async def test_an_upgrade_leaves_a_running_service_its_files(conda, own_cache: Path) -> None:
    specification = conda("six==1.16.0")
    first = await sync(specification)
    user = subprocess.Popen([first.interpreter, "-c", "input(); import six"], stdin=subprocess.PIPE)
    try:
        second = await sync(specification, upgrade=True)
        assert second.prefix != first.prefix
        assert first.prefix.exists()
    finally:
        user.communicate(b"\n", timeout=30)
    assert user.returncode == 0
    prune(unused_for_days=1)
    assert not first.prefix.exists()
    assert second.prefix.exists()


SYNC = """
import asyncio, sys
from pathlib import Path
from scoredock.environment.reading import read_environment_file
from scoredock.environment.sync import sync
asyncio.run(sync(read_environment_file(Path(sys.argv[1])), progress=lambda step: print(step.title, flush=True)))
print("done", flush=True)
"""


async def test_killed_at_ten_moments_and_synced_again(conda, own_cache: Path) -> None:
    specification = conda("six==1.16.0", "pyyaml==6.0.2")
    moments = random.Random(4).sample(range(1, 400), 10)  # noqa: S311 - chance, not secrets
    killed = 0
    for milliseconds in sorted(moments):
        child = subprocess.Popen([sys.executable, "-c", SYNC, str(specification.path)], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        child.stdout.readline()  # it is at work
        try:
            child.wait(milliseconds / 1000 * 2)
        except subprocess.TimeoutExpired:
            os.kill(child.pid, signal.SIGKILL)
            child.wait(30)
            killed += 1
        found = find(specification)
        if found is not None:
            assert subprocess.run([found.interpreter, "-c", "import six, yaml, flask"], check=False, timeout=60).returncode == 0
            remove(found.key)
    assert killed >= 3
    made = await sync(specification)
    assert subprocess.run([made.interpreter, "-c", "import six, yaml, flask"], check=False, timeout=60).returncode == 0
    key = environment_key(specification, Strategy.UV)
    assert sorted(path.name for path in store.root().iterdir()) == sorted([".locks", f"{key}.json", made.prefix.name])
    assert not list(store.lock_path(key).parent.glob(".*"))
    assert not left_running(store.root())


async def test_a_child_that_outlived_its_killed_sync_is_ended(conda, own_cache: Path) -> None:
    specification = conda("six==1.16.0")
    key = environment_key(specification, Strategy.UV)
    folder = store.new_folder(key)
    orphan = subprocess.Popen(
        [sys.executable, "-c", "input()", str(folder / "bin/python")], stdin=subprocess.PIPE, start_new_session=True
    )
    try:
        await sync(specification)
        assert orphan.wait(30) == -signal.SIGKILL
    finally:
        orphan.kill()
    assert not folder.exists()


async def test_waiting_for_another_sync_can_be_cancelled(conda, own_cache: Path) -> None:
    specification: Specification = conda("six==1.16.0")
    key = environment_key(specification, Strategy.UV)
    waiting = asyncio.Event()
    async with store.held(key, lambda _: None):
        task = asyncio.create_task(sync(specification, progress=lambda step: waiting.set() if "Waiting" in step.title else None))
        await asyncio.wait_for(waiting.wait(), 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert (await sync(specification)).fresh


def left_running(folder: Path) -> list[list[str]]:
    return [
        process.info["cmdline"]
        for process in psutil.process_iter(["cmdline"])
        if any(str(folder) in word for word in process.info["cmdline"] or ())
    ]
