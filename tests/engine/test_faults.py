"""What happens when the engine goes away, its disk is full, or whoever uses it is killed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scoredock.engine import builds, images
from scoredock.engine.builds import Builder
from scoredock.engine.connection import Connection, connect
from scoredock.engine.values import Address, BuildFailed, BuildOrder, EngineAbsent

from .conftest import Registry, ThinLine, wait_for
from .private_engine import PrivateEngine, private_engine

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, base_image: str) -> Iterator[PrivateEngine]:
    with private_engine(tmp_path_factory.mktemp("engine")) as made:
        made.bring(base_image)
        yield made


@pytest.mark.parametrize(
    ("builder", "how"), [("buildkit", signal.SIGKILL), ("classic", signal.SIGKILL), ("classic", signal.SIGTERM)]
)
def test_an_engine_that_stops_in_the_middle_of_a_build_is_said_and_can_be_used_again(
    engine: PrivateEngine, base_image: str, builder: Builder, how: signal.Signals, folder_of_temporary_files: Path
) -> None:
    connection = connect(Address(engine.url, "the test"))
    tag = f"scoredock-test-stopped-{builder}:{how.value}"

    async def stop_in_the_middle() -> None:
        running = asyncio.Event()
        order = BuildOrder(f"FROM {base_image}\nRUN echo it-runs-$((6*7))-{how.value}; sleep 600\n", tag)

        def listen(line: str) -> None:
            if "it-runs-42" in line:
                running.set()

        building = asyncio.ensure_future(builds.build_image(connection, order, listen=listen, builder=builder))
        await asyncio.wait_for(running.wait(), 60)
        await asyncio.to_thread(engine.stop, how)
        with pytest.raises((EngineAbsent, BuildFailed)) as said:
            await asyncio.wait_for(building, 90)
        # An engine that stops in order kills the build's container first, and says so before it is gone.
        assert "No Docker engine answers" in said.value.what or "its process was killed" in said.value.what

    try:
        asyncio.run(stop_in_the_middle())
        assert not list(folder_of_temporary_files.iterdir())
        with pytest.raises(EngineAbsent):
            images.find_image(connection, base_image)
    finally:
        engine.start()
    # The same connection goes on.
    assert images.find_image(connection, tag) is None
    assert asyncio.run(builds.build_image(connection, BuildOrder(f"FROM {base_image}\nRUN true\n", tag), builder=builder)).tags
    connection.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 700 MB in a file."""
    disk, place = tmp_path / "disk", tmp_path / "mounted"
    place.mkdir()
    with disk.open("wb") as file:
        file.truncate(700 * 1024**2)
    subprocess.run(["mkfs.ext4", "-q", disk], check=True)
    subprocess.run(["mount", "-o", "loop", disk, place], check=True)
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


@pytest.mark.parametrize("builder", ["buildkit", "classic"])
def test_a_full_disk_is_said_as_such_and_leaves_what_was_there(
    small_disk: Path, tmp_path: Path, base_image: str, builder: Builder
) -> None:
    with private_engine(tmp_path, small_disk) as engine:
        engine.bring(base_image)
        connection = connect(Address(engine.url, "the test"))
        order = BuildOrder(f"FROM {base_image}\nRUN head -c 900000000 /dev/zero > /filler\n", "scoredock-test-full:1")
        with pytest.raises(BuildFailed, match="disk is full") as said:
            asyncio.run(builds.build_image(connection, order, builder=builder))
        assert "docker system prune" in said.value.todo or "prune" in said.value.todo
        assert images.find_image(connection, order.tag) is None
        assert images.find_image(connection, base_image) is not None
        small = BuildOrder(f"FROM {base_image}\nRUN echo small > /small\n", "scoredock-test-full:2")
        assert asyncio.run(builds.build_image(connection, small, builder=builder)).tags, "room is there again"
        connection.close()


PULL = """
import asyncio, sys
from scoredock.engine import images
from scoredock.engine.connection import connect
asyncio.run(images.pull(connect(), sys.argv[1], lambda step: print(step.done or 0, flush=True)))
"""


def test_a_pull_whose_command_was_killed_can_be_done_again(
    connection: Connection, registry: Registry, base_image: str, tag: str
) -> None:
    name = tag.partition(":")[0]
    connection.client.images.get(base_image).tag(f"{registry.host}/{name}", "1")
    for event in connection.api.push(f"{registry.host}/{name}", tag="1", stream=True, decode=True):
        assert "error" not in event
    images.remove_image(connection, f"{registry.host}/{name}:1")
    with ThinLine(registry.host, 1_000_000_000) as line:
        reference = f"{line.host}/{name}:1"
        command = subprocess.Popen([sys.executable, "-c", PULL, reference], stdout=subprocess.PIPE, text=True)
        assert command.stdout is not None
        command.stdout.readline()
        command.kill()
        command.wait(10)
        command.stdout.close()
        assert asyncio.run(images.have_image(connection, reference)).tags
        images.remove_image(connection, reference)


BUILD = """
import asyncio, sys
from pathlib import PurePosixPath
from scoredock.engine import builds
from scoredock.engine.connection import connect
from scoredock.engine.values import BuildOrder
secrets = (("s", "s3cr3t"),) if sys.argv[3] == "buildkit" else ()
order = BuildOrder(sys.argv[1], sys.argv[2], ((PurePosixPath("file"), b"x"),), secrets=secrets)
asyncio.run(builds.build_image(connect(), order, listen=lambda line: print(line, flush=True), builder=sys.argv[3]))
"""


@pytest.mark.parametrize("builder", ["buildkit", "classic"])
def test_a_build_whose_command_was_killed_ends_and_leaves_nothing(
    connection: Connection, base_image: str, tag: str, builder: Builder, folder_of_temporary_files: Path
) -> None:
    mark = f"{os.getpid()}{builder}"
    dockerfile = (
        f"FROM {base_image}\nCOPY file /file\nRUN echo it-runs-$((6*7)); python3 -c 'import time; time.sleep(600)' {mark}\n"
    )
    command = subprocess.Popen(
        [sys.executable, "-c", BUILD, dockerfile, tag, builder],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(folder_of_temporary_files)},
    )
    assert command.stdout is not None
    for line in command.stdout:
        if "it-runs-42" in line:
            break
    command.kill()
    command.wait(10)
    command.stdout.close()
    wait_for(lambda: not runs_somewhere(mark), 60)
    order = BuildOrder(f"FROM {base_image}\nRUN true\n", tag)
    assert asyncio.run(builds.build_image(connection, order, builder=builder)).tags
    assert not list(folder_of_temporary_files.iterdir()), "what the killed one left is gone too"


def runs_somewhere(mark: str) -> bool:
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = command.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].startswith(b"python3") and mark.encode() in words:
            return True
    return False
