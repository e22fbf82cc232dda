"""The debugger under every Python of this machine that the server runs on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scoredock.debugging import library
from scoredock.debugging.library import LOCKS, NEWEST, VERSIONS, library_for, version_for
from scoredock.debugging.workers import CannotAttach
from tests.debugging.scripts import SCORE
from tests.runtime.test_versions import MATRIX, interpreters

OTHERS = [
    pytest.param(version, python, *MATRIX[version][-1], id=f"{version[0]}.{version[1]}")
    for version, python in sorted(interpreters().items())
    if version in MATRIX
]


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize(("version", "base", "server", "pins"), OTHERS)
async def test_stop_step_leave_and_come_back(
    serve, attach, tmp_path: Path, version: tuple[int, int], base: str, server: str, pins: tuple[str, ...]
) -> None:
    environment = tmp_path / "environment"
    if version == (3, 7):  # uv makes none for 3.7 any more
        subprocess.run([base, "-m", "venv", str(environment)], check=True, timeout=120)
    else:
        subprocess.run([sys.executable, "-m", "uv", "venv", "-q", "-p", base, str(environment)], check=True, timeout=120)
    python = environment / "bin" / "python"
    packages = [f"azureml-inference-server-http=={server}", *pins]
    subprocess.run([sys.executable, "-m", "uv", "pip", "install", "-q", "-p", str(python), *packages], check=True, timeout=200)
    service = serve(SCORE, python=python)
    await service.state("healthy")
    line = service.line("answer = number")
    pids = {worker["pid"] for worker in (await service.state())["workers"]}
    for _ in range(2):
        async with attach(service, breakpoints={service.script: [line]}, filters=("userUnhandled",)) as client:
            sent = service.post({"number": 2})
            thread, frames, _ = await client.stopped()
            assert (frames[0]["line"], (await client.locals_of(frames[0]))["number"]) == (line, "2")
            await client.ask("next", threadId=thread)
            _, frames, _ = await client.stopped()
            assert frames[0]["line"] == line + 1
            await client.ask("continue", threadId=thread)
            assert await sent == (200, {"answer": 4})
            sent = service.post({"fail": "x"})
            thread, frames, reason = await client.stopped()
            assert (reason, frames[0]["line"]) == ("exception", service.line("raise ValueError"))
            await client.ask("disconnect")
        assert (await sent)[0] == 500
        await service.left()
        after = (await service.post({"look": 1}))[1]
        assert (after["watched"], after["traced"], after["threads"]) == (0, False, ["MainThread"])
        if version < (3, 10):  # which would stay slower
            await service.relieved(pids)
        assert pids == {worker["pid"] for worker in (await service.state())["workers"]} or version < (3, 10)
        pids = {worker["pid"] for worker in (await service.state())["workers"]}


def test_every_python_has_its_debugpy() -> None:
    assert version_for((3, 7)) == VERSIONS[3, 7]
    assert version_for((3, 12)) == version_for((3, 14)) == NEWEST
    with pytest.raises(CannotAttach, match=r"3\.6"):
        version_for((3, 6))


def test_every_debugpy_is_pinned_byte_for_byte() -> None:
    assert {lock.stem for lock in LOCKS.iterdir()} == {f"debugpy-{version}" for version in {NEWEST, *VERSIONS.values()}}
    assert all(lock.read_text().count("--hash=sha256:") > 10 for lock in LOCKS.iterdir())


@pytest.mark.slow
async def test_a_debugpy_of_another_content_is_refused(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    version = version_for((3, 8))
    (tmp_path / f"debugpy-{version}.txt").write_text(f"debugpy=={version} --hash=sha256:{'0' * 64}\n")
    monkeypatch.setattr(library, "LOCKS", tmp_path)
    (home / "cache").unlink()  # one of its own, with nothing in it
    with pytest.raises(CannotAttach, match="cannot be fetched") as refused:
        await library_for("3.8")
    assert "ash" in (refused.value.details or ""), "the hash is what it says"
