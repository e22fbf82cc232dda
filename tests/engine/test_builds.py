"""Both builders, on the real engine: what they make, say and leave behind."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path, PurePosixPath

import pytest

from scoredock.engine import builds, classic, command_line
from scoredock.engine.builds import Builder
from scoredock.engine.connection import Connection
from scoredock.engine.values import BuildFailed, BuildOrder
from scoredock.progress import Step

pytestmark = [pytest.mark.docker, pytest.mark.timeout(120)]

both = pytest.mark.parametrize("builder", ["buildkit", "classic"])


@both
def test_a_build_reports_its_steps_and_makes_the_image(
    connection: Connection, base_image: str, tag: str, builder: Builder, tmp_path: Path, folder_of_temporary_files: Path
) -> None:
    file = tmp_path / "digits.bin"
    file.write_bytes(b"12345")
    code = tmp_path / "code"
    (code / "deep").mkdir(parents=True)
    (code / "deep" / "score.py").write_text("print('scored')")
    before = sorted(folder_of_temporary_files.iterdir())
    order = BuildOrder(
        f"FROM {base_image}\nARG WHO\nCOPY a/ /a/\nCOPY code /code\n"
        f"RUN cat /a/digits.bin /a/note && python3 /code/deep/score.py $WHO {tag}\n",
        tag,
        ((PurePosixPath("a/digits.bin"), file), (PurePosixPath("a/note"), b"note"), (PurePosixPath("code"), code)),
        labels=(("kept", "as is, with = and spaces"),),
        arguments=(("WHO", "me"),),
    )
    steps: list[Step] = []
    heard: list[str] = []
    image = asyncio.run(builds.build_image(connection, order, steps.append, heard.append, builder=builder))
    assert dict(image.labels)["kept"] == "as is, with = and spaces"
    assert image.tags == (tag,)
    assert "12345note" in "\n".join(heard) and "scored" in "\n".join(heard)
    counted = [step for step in steps if step.total]
    assert counted and all((step.done or 0) < (step.total or 0) for step in counted)
    assert any("RUN cat" in step.detail for step in counted)
    assert sorted(folder_of_temporary_files.iterdir()) == before


@both
def test_a_failing_build_says_its_last_lines(connection: Connection, base_image: str, tag: str, builder: Builder) -> None:
    lines = "; ".join(f"echo line {number}" for number in range(60))
    order = BuildOrder(f"FROM {base_image}\nRUN {lines}; echo no matching distribution >&2; exit 3\n", tag)
    with pytest.raises(BuildFailed, match="failed") as said:
        asyncio.run(builds.build_image(connection, order, builder=builder))
    assert "no matching distribution" in said.value.details
    assert "line 59" in said.value.details and "line 10\n" not in said.value.details


@both
def test_a_cancelled_build_ends_on_the_engine(
    connection: Connection, base_image: str, tag: str, builder: Builder, folder_of_temporary_files: Path
) -> None:
    seconds = f"600.{uuid.uuid4().int % 10**9}"  # so that this sleep is known among all

    async def cancel_when_it_runs() -> None:
        running = asyncio.Event()
        order = BuildOrder(f"FROM {base_image}\nRUN echo here-it-runs-$((6*7)); sleep {seconds}\n", tag)
        building = asyncio.ensure_future(
            builds.build_image(
                connection, order, listen=lambda line: running.set() if "here-it-runs-42" in line else None, builder=builder
            )
        )
        await asyncio.wait_for(running.wait(), 60)
        building.cancel()
        with pytest.raises(asyncio.CancelledError):
            await building

    from .conftest import wait_for

    asyncio.run(cancel_when_it_runs())
    wait_for(lambda: not sleeping(seconds), 90)
    wait_for(lambda: not list(folder_of_temporary_files.iterdir()), 90)


def sleeping(seconds: str) -> bool:
    """Whether the sleep of the cancelled build still runs somewhere on this machine."""
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if command.read_bytes() == f"sleep\0{seconds}\0".encode():
                return True
        except OSError:
            continue
    return False


@pytest.mark.parametrize("line", ["Step 2/3 : RUN true", "STEP 2/3: RUN true", "[1/2] STEP 2/3: RUN true"])
def test_steps_are_read_as_docker_and_as_podman_write_them(line: str) -> None:
    found = classic.STEP.fullmatch(line)
    assert found is not None and found.groups() == ("2", "3", "RUN true")


def test_a_secret_reaches_the_build_and_not_the_image(connection: Connection, base_image: str, tag: str) -> None:
    step = "RUN --mount=type=secret,id=index test $(cat /run/secrets/index | wc -c) = 12 && touch /done"
    order = BuildOrder(f"FROM {base_image}\n{step}\n", tag, secrets=(("index", "s3cr3t-t0ken"),))
    asyncio.run(builds.build_image(connection, order, builder="buildkit"))
    archive = b"".join(connection.client.images.get(tag).save())
    assert b"s3cr3t-t0ken" not in archive
    assert "s3cr3t" not in str(connection.client.images.get(tag).history())


def test_a_cache_mount_survives_between_builds(connection: Connection, base_image: str, tag: str) -> None:
    mount = "RUN --mount=type=cache,id=scoredock-test-cache,target=/cache"
    heard: list[str] = []
    for step in ("touch /cache/was-here", "ls /cache"):
        order = BuildOrder(f"FROM {base_image}\n{mount} {step} # {tag}\n", tag)
        asyncio.run(builds.build_image(connection, order, listen=heard.append, builder="buildkit"))
    assert "was-here" in heard


def test_the_classic_builder_says_that_it_has_no_secrets(connection: Connection, base_image: str, tag: str) -> None:
    order = BuildOrder(f"FROM {base_image}\n", tag, secrets=(("a", "b"),))
    with pytest.raises(BuildFailed, match="only BuildKit"):
        asyncio.run(builds.build_image(connection, order, builder="classic"))


def test_the_builder_is_chosen_by_what_is_there(connection: Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert builds.builder_of(connection) == ("buildkit" if command_line.with_buildkit() else "classic")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert builds.builder_of(connection) == "classic"


@pytest.mark.parametrize(
    ("script", "has_it"),
    [
        ("[ \"$1\" = --version ] && echo 'Docker version 20.10.24+dfsg1, build 297e128'", True),
        ("[ \"$1\" = --version ] && echo 'Docker version 28.2.2, build e6534b4'", False),
        ("[ \"$1\" = buildx ] && echo 'github.com/docker/buildx v0.24.0'", True),
        ("[ \"$1\" = --version ] && echo 'podman version 5.0.0'", False),
        ("exit 1", False),
    ],
)
def test_which_commands_have_buildkit(script: str, has_it: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = tmp_path / "docker"
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/nowhere")
    assert command_line.with_buildkit() == (command if has_it else None)
