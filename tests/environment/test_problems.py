"""What cannot be synced is said in one sentence with both sides, the line, and what to do."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from scoredock.environment import store
from scoredock.environment.integrity import is_declared_whole
from scoredock.environment.sync import find, sync
from scoredock.environment.values import EnvironmentProblem, Specification

from .wheels import write_broken_source, write_wheel

pytestmark = [pytest.mark.timeout(180)]


async def problem(specification: Specification, **options: bool) -> EnvironmentProblem:
    with pytest.raises(EnvironmentProblem) as raised:
        await sync(specification, **options)
    said = raised.value
    assert "\n" not in said.what
    assert said.what.endswith(".")
    assert find(specification) is None
    assert all(is_declared_whole(folder) for folder in store.root().glob("*-*"))
    return said


@pytest.mark.slow
async def test_two_pins_that_disagree_are_both_named(conda) -> None:
    said = await problem(conda("pandas==2.2.0", "numpy==1.20.0"))
    assert "pandas==2.2.0" in said.what
    assert "numpy==1.20.0" in said.what
    assert said.place is not None
    assert said.place.line in (7, 8)


@pytest.mark.slow
async def test_a_pin_that_no_server_goes_with_names_both_sides(conda) -> None:
    said = await problem(conda("gunicorn==19.0.0"))
    assert "gunicorn==19.0.0" in said.what
    assert "inference server" in said.what
    assert said.place is not None


@pytest.mark.slow
async def test_a_pin_and_the_server_that_the_file_names(conda) -> None:
    said = await problem(conda("flask==1.1.2", "azureml-inference-server-http==1.5.1"))
    assert "flask==1.1.2" in said.what
    assert "azureml-inference-server-http==1.5.1" in said.what


async def test_a_package_that_does_not_exist_gets_the_nearest_names(conda) -> None:
    said = await problem(conda("six", "scikit-lern-not-there==1.0"))
    assert "'scikit-lern-not-there'" in said.what
    said = await problem(conda("sckit-learnn==1.0"))
    assert "scikit-learn" in said.todo
    assert said.place is not None
    assert said.place.line == 7


async def test_a_version_that_does_not_exist(conda) -> None:
    said = await problem(conda("six==99.0"))
    assert said.what == "There is no version of six that fits 'six==99.0'."


async def test_a_package_without_a_wheel_for_this_python(conda) -> None:
    said = await problem(conda("tensorflow==1.15.0"))
    assert "tensorflow==1.15.0" in said.what
    assert "3.11" in said.what


@pytest.mark.parametrize("python", ["python=2.7", "python=3.5", "python<3.6", "python 3.6.15"])
async def test_a_python_without_a_server(conda, python: str) -> None:
    said = await problem(conda("six", python=python))
    assert python in said.what
    assert "3.7" in said.what
    assert said.place is not None
    assert said.place.line == 4


async def test_a_python_that_is_not_here_offline(conda) -> None:
    said = await problem(conda("six", python="python=3.19"), offline=True)
    assert "3.19" in said.what


@pytest.mark.slow
async def test_offline_says_what_is_missing_and_works_with_what_is_cached(conda, tmp_path: Path, monkeypatch) -> None:
    await sync(conda("six==1.16.0"))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "empty"))
    said = await problem(conda("six==1.10.0"), offline=True)
    assert "Offline" in said.what
    assert "six" in said.what or "azureml-inference-server-http" in said.what


async def test_a_wheel_that_fails_to_build_shows_its_last_lines(requirements, tmp_path: Path) -> None:
    write_broken_source(tmp_path / "links", "cannotbuild", "1.0", "error: no compiler with that name")
    said = await problem(requirements(f"--find-links {tmp_path / 'links'}", "cannotbuild==1.0"))
    assert "cannotbuild" in said.what
    assert "no compiler with that name" in said.details
    assert len(said.details.splitlines()) <= 8
    assert said.place is not None


async def test_an_index_that_cannot_be_reached(conda, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://me:hunter2@127.0.0.1:9/simple")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "empty"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    said = await problem(conda("six==1.9.0"))
    assert "127.0.0.1:9" in said.what
    assert "hunter2" not in said.what + said.details


@contextmanager
def empty_index() -> Iterator[tuple[int, set[str | None]]]:
    """A package index on this machine that holds nothing: its port, and the credentials that it was shown."""
    seen: set[str | None] = set()

    class Nothing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.add(self.headers["Authorization"])
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Nothing) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port, seen
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.slow
async def test_passwords_of_the_file_reach_the_index_and_nothing_else(requirements, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    write_wheel(tmp_path / "links", "small-own", "1.0")
    with empty_index() as (port, seen):
        index = f"--extra-index-url http://x:${{SECRET_TOKEN}}@127.0.0.1:{port}/simple"
        made = await sync(requirements(f"--find-links {tmp_path / 'links'}", index, "small-own"))
    assert f"Basic {base64.b64encode(b'x:hunter2').decode()}" in seen
    for path in (made.prefix / ".scoredock").iterdir():
        assert "hunter2" not in path.read_text()
    assert made.lock is not None
    assert "hunter2" not in made.lock.read_text()
    assert "small-own==1.0" in made.lock.read_text()


async def test_a_hash_that_does_not_fit(requirements) -> None:
    said = await problem(requirements(f"six==1.16.0 --hash=sha256:{'0' * 64}"))
    assert "six" in said.what


async def test_names_with_shell_characters_stay_names(requirements, tmp_path: Path) -> None:
    await problem(requirements(f"six; touch {tmp_path / 'owned'}"))
    await problem(requirements(f"$(touch {tmp_path / 'owned'})"))
    assert not (tmp_path / "owned").exists()


async def test_a_path_that_is_not_there(requirements) -> None:
    said = await problem(requirements("./absent-package"))
    assert "absent-package" in said.what
    assert said.place is not None


def small_disk_refused() -> str | None:
    """Why no small file system can be mounted here, or None."""
    if not shutil.which("unshare"):
        return "needs unshare: on Debian and Ubuntu, apt install util-linux"
    tried = subprocess.run(
        ["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, text=True, check=False, timeout=30
    )
    return f"needs to mount a small file system: {tried.stderr.strip()}" if tried.returncode else None


FILL = """
import asyncio, sys
from pathlib import Path
from scoredock.environment.reading import read_environment_file
from scoredock.environment.store import root
from scoredock.environment.sync import sync
from scoredock.environment.values import EnvironmentProblem
try:
    asyncio.run(sync(read_environment_file(Path(sys.argv[1]))))
except EnvironmentProblem as problem:
    print(problem.what, [path.name for path in root().iterdir()])
"""


@pytest.mark.slow
def test_a_full_disk(conda, tmp_path: Path) -> None:
    """A real one: a file system of 10 MB that only the child sees."""
    if refused := small_disk_refused():
        pytest.skip(refused)
    place = tmp_path / "small"
    place.mkdir()
    script = (
        f"mount -t tmpfs -o size=10m none {place} && SCOREDOCK_HOME={place} exec {sys.executable} -c '{FILL}' {conda('six').path}"
    )
    done = subprocess.run(["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True, check=False, timeout=120)
    assert "The disk is full" in done.stdout, done.stderr
    assert "['.locks']" in done.stdout


FREEZE = """
import asyncio, subprocess, sys
from pathlib import Path
from scoredock.environment.cached import cached_environments
from scoredock.environment.drift import environment_drift
from scoredock.environment.reading import read_environment_file
from scoredock.environment.sync import find, sync
from scoredock.environment.values import EnvironmentProblem
path, place = Path(sys.argv[1]), sys.argv[2]
made = asyncio.run(sync(read_environment_file(path)))
subprocess.run(["mount", "-o", "remount,ro", place], check=True)
again = asyncio.run(sync(read_environment_file(path)))
print(again.prefix == made.prefix, find(read_environment_file(path)) is not None, len(cached_environments()))
print(environment_drift(read_environment_file(path)).state.value)
print(subprocess.run([again.interpreter, "-c", "import six; print(six.__version__)"], stdout=-1, text=True).stdout.strip())
path.write_text(path.read_text().replace("1.16.0", "1.15.0"))
try:
    asyncio.run(sync(read_environment_file(path)))
except EnvironmentProblem as problem:
    print(problem)
"""


@pytest.mark.slow
def test_a_cache_on_a_file_system_that_is_read_only(conda, tmp_path: Path) -> None:
    """A real one, which stops root too: what is ready is used as it is, and what is not is said in a sentence."""
    if refused := small_disk_refused():
        pytest.skip(refused)
    place = tmp_path / "frozen"
    place.mkdir()
    script = (
        f'mount -t tmpfs -o size=1g none {place} && SCOREDOCK_HOME={place} exec "$0" -c "$1" {conda("six==1.16.0").path} {place}'
    )
    argv = ["unshare", "-rm", "sh", "-c", script, sys.executable, FREEZE]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=150)
    assert done.returncode == 0, done.stderr
    used, state, version, said = done.stdout.splitlines()
    assert used == "True True 1"
    assert (state, version) == ("in-sync", "1.16.0")
    assert said.startswith(f"The cache folder {place}") and "cannot be written: Read-only file system." in said


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX permissions")
async def test_a_cache_that_cannot_be_written(conda, tmp_path: Path, monkeypatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("SCOREDOCK_HOME", str(blocked))
    with pytest.raises(EnvironmentProblem, match="cannot be written") as raised:
        await sync(conda("six"))
    assert "SCOREDOCK_HOME" in raised.value.todo
