"""Environments: making one against `venv` + `pip install`, finding one, saying whether it has drifted."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from scoredock.environment.drift import environment_drift
from scoredock.environment.reading import read_environment_file
from scoredock.environment.sync import sync
from tests.bench.rounds import Contestants, Row

PACKAGES = ("numpy==1.26.4", "pandas==2.2.2", "scikit-learn==1.5.2", "joblib==1.4.2", "azureml-inference-server-http==1.5.1")


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


@contextmanager
def folder_for_all() -> Iterator[Path]:
    """A place for everything that is made, and a conda file in it."""
    before = os.environ.get("SCOREDOCK_HOME")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["SCOREDOCK_HOME"] = str(folder / "home")
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        lines = ["dependencies:", f"  - python={python}", "  - pip", "  - pip:", *(f"      - {item}" for item in PACKAGES)]
        (folder / "conda.yml").write_text("\n".join(lines) + "\n")
        try:
            yield folder
        finally:
            os.environ.pop("SCOREDOCK_HOME", None)
            if before is not None:
                os.environ["SCOREDOCK_HOME"] = before


@contextmanager
def first(*, cold: bool) -> Iterator[Contestants]:
    """A first sync each time: our own cache of environments is emptied, uv's and pip's downloads only when ``cold``."""
    count = itertools.count()
    with folder_for_all() as folder:

        def ours() -> float:
            shutil.rmtree(folder / "home", ignore_errors=True)
            if cold:
                os.environ["UV_CACHE_DIR"] = str(folder / f"uv-{next(count)}")
            try:
                return timed(lambda: asyncio.run(sync(read_environment_file(folder / "conda.yml"))))
            finally:
                if cold:
                    os.environ.pop("UV_CACHE_DIR", None)

        def pip() -> float:
            target = folder / f"venv-{next(count)}"
            install = [target / "bin" / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check"]
            install += ["--no-cache-dir"] if cold else []

            def work() -> None:
                subprocess.run([sys.executable, "-m", "venv", target], check=True, capture_output=True)
                subprocess.run([*install, *PACKAGES], check=True, capture_output=True)

            taken = timed(work)
            shutil.rmtree(target)
            return taken

        yield Contestants(ours, pip)


@contextmanager
def second() -> Iterator[Contestants]:
    with folder_for_all() as folder:
        asyncio.run(sync(read_environment_file(folder / "conda.yml")))
        yield Contestants(lambda: 1000 * timed(lambda: asyncio.run(sync(read_environment_file(folder / "conda.yml")))))


@contextmanager
def state() -> Iterator[Contestants]:
    with folder_for_all() as folder:
        specification = read_environment_file(folder / "conda.yml")
        asyncio.run(sync(specification))
        yield Contestants(lambda: 1000 * timed(lambda: environment_drift(specification)))


@contextmanager
def conda() -> Iterator[Contestants]:
    from tests.environment.conda_channel import MINOR, write_channel

    with folder_for_all() as folder:
        channel = write_channel(folder / "channel")
        path = folder / "with_conda.yml"
        path.write_text(f"channels: ['{channel}']\ndependencies: [python={MINOR}, small-module, {{pip: [six==1.16.0]}}]\n")

        def ours() -> float:
            shutil.rmtree(folder / "home" / "cache" / "environments", ignore_errors=True)
            return timed(lambda: asyncio.run(sync(read_environment_file(path))))

        yield Contestants(ours)


ROWS = [
    Row("sync an environment that is there", "ms", second, bar=50, rounds=25),
    Row("read the state of an environment", "ms", state, bar=5, rounds=25),
    Row(
        "first sync, downloads cached",
        "s",
        lambda: first(cold=False),
        bar=1 / 20,
        rounds=3,
        peer="venv + pip install, downloads cached",
    ),
    Row(
        "first sync, nothing cached",
        "s",
        lambda: first(cold=True),
        bar=1 / 5,
        rounds=3,
        warm_up=0,
        peer="venv + pip install, no cache",
    ),
    Row("conda packages and Python from a local channel", "s", conda, bar=5, rounds=5),
]
