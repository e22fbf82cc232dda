"""A Python that is not on this machine: uv downloads it, here from a mirror as companies keep one, with an archive of the shape
that python-build-standalone publishes."""

from __future__ import annotations

import gzip
import hashlib
import json
import platform
import sys
from pathlib import Path

import pytest

from scoredock.environment import pythons
from scoredock.environment.pythons import Python, find_python
from scoredock.environment.sync import sync
from scoredock.environment.uv import Uv
from scoredock.environment.values import EnvironmentProblem
from scoredock.progress import Step, silent

from .conda_channel import MINOR, PYTHON_VERSION, in_tar, own_python

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any Python, and a mirror that has one. Returns where downloaded Pythons go."""

    async def nothing(_: Uv) -> list[Python]:
        return []

    monkeypatch.setattr(pythons, "_at_hand", nothing)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "pythons"))
    archive = tmp_path / "python-install_only.tar.gz"
    archive.write_bytes(gzip.compress(in_tar(*own_python(), inside="python/"), compresslevel=1))
    libc = "gnu" if sys.platform == "linux" else "none"
    download = {
        "name": "cpython",
        "arch": {"family": platform.machine().replace("arm64", "aarch64"), "variant": None},
        "os": sys.platform,
        "libc": libc,
        "major": sys.version_info.major,
        "minor": sys.version_info.minor,
        "patch": sys.version_info.micro,
        "prerelease": "",
        "url": archive.as_uri(),
        "sha256": hashlib.sha256(archive.read_bytes()).hexdigest(),
        "variant": None,
        "build": "20261110",
    }
    listing = tmp_path / "downloads.json"
    listing.write_text(json.dumps({f"cpython-{PYTHON_VERSION}-{sys.platform}-{platform.machine()}-{libc}": download}))
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS_JSON_URL", str(listing))
    return tmp_path / "pythons"


async def test_it_is_downloaded_and_the_environment_made_with_it(conda, mirror: Path) -> None:
    steps: list[Step] = []
    made = await sync(conda("six==1.16.0", python=f"python={MINOR}"), progress=steps.append)
    assert made.interpreter.resolve().is_relative_to(mirror)
    assert "Downloading Python" in [step.title for step in steps]


async def test_it_is_downloaded_once_and_no_command_is_added_to_the_user_s(conda, mirror: Path, tmp_path: Path) -> None:
    specification = conda(python=f"python={MINOR}")
    uv = Uv(folder=tmp_path)
    first = await find_python(specification, uv, silent, offline=False)
    assert first.version == PYTHON_VERSION
    again = await find_python(specification, uv, silent, offline=True)
    assert again.path.resolve() == first.path.resolve()
    assert not (tmp_path / "home" / ".local" / "bin").exists()


async def test_a_python_that_no_mirror_has_is_said_with_the_line_that_asks_for_it(conda, mirror: Path, tmp_path: Path) -> None:
    with pytest.raises(EnvironmentProblem, match="could not be downloaded") as caught:
        await find_python(conda(python="python=3.8"), Uv(folder=tmp_path), silent, offline=False)
    assert caught.value.place is not None
    assert not list(mirror.glob("cpython*"))
