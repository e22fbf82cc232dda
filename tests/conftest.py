"""What every test shares: folders of its own, and an honest word about real parts that are not on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Generator
from functools import cache
from pathlib import Path

import pytest

CI = os.environ.get("CI") == "true"


@cache
def missing_docker() -> str | None:
    """Why tests marked docker cannot run here, or None."""
    base = os.environ.get("SCOREDOCK_TEST_BASE_IMAGE")
    if not base:
        return "no test base image: run .ci/run, or name an image with Python 3 in SCOREDOCK_TEST_BASE_IMAGE"
    docker = shutil.which("docker")
    if not docker:
        return "no Docker engine: on Debian and Ubuntu, apt install docker.io"
    seen = subprocess.run([docker, "image", "inspect", base], capture_output=True, check=False, timeout=30)
    return None if seen.returncode == 0 else f"the Docker engine does not answer or lacks the image {base}: .ci/run makes it"


@cache
def missing_browser() -> str | None:
    """Why tests marked browser cannot run here, or None."""
    server = os.environ.get("SCOREDOCK_CODE_SERVER")
    if not server or not Path(server).exists():
        return "no code-server: .ci/code-server installs it; name its command in SCOREDOCK_CODE_SERVER"
    chromium = os.environ.get("SCOREDOCK_CHROMIUM", "chromium")
    return None if shutil.which(chromium) else "no Chromium: on Debian and Ubuntu, apt install chromium"


MISSING = {"docker": missing_docker, "browser": missing_browser}


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark, reason in MISSING.items():
        if item.get_closest_marker(mark) and (missing := reason()):
            pytest.skip(missing)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    # Where everything is installed on purpose, a skipped test is a hole that nobody would see.
    if CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped with CI=true: {report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr}"
    return report


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for the whole session: environments are made once, whichever test needs them first."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Scoredock's folders for one test: state and data of its own, the session's cache."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "cache").symlink_to(shared_cache, target_is_directory=True)
    monkeypatch.setenv("SCOREDOCK_HOME", str(folder))
    return folder
