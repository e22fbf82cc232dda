"""What a service that nobody uses takes of the memory, against the official launcher on the same script."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import psutil

from scoredock.hosting import services
from scoredock.hosting.values import ServiceProblem
from tests.bench.rounds import Contestants, Row
from tests.bench.sample import Peer, Sample, post, sample

NAME = "scoredock-bench-idle"
# What no file of the project names: the libraries come by a name that is put together while the script runs.
UNNAMED = """\
import importlib


def init():
    global library
    library = importlib.import_module("sk" + "learn.ensemble")


def run(data):
    return 1
"""
QUIET = 6.0  # seconds: what a worker has loaded is learnt by then, and packages are not being compiled yet


def megabytes(pid: int) -> float:
    """Of a process and all it has started, what several share counted once."""
    root = psutil.Process(pid)
    return sum(float(process.memory_full_info().pss) for process in (root, *root.children(recursive=True))) / 1e6


def arbiter() -> int:
    return int(str(asyncio.run(services.control(NAME, {"command": "status"}))["pid"]))


def gone() -> None:
    with suppress(ServiceProblem):
        asyncio.run(services.stop(NAME))


@contextmanager
def idle(script: str | None) -> Iterator[Contestants]:
    """Megabytes beyond azmlinfsrv, at a first deploy of a folder that nothing is known of."""
    with sample() as ready:
        project = ready.project
        if script is not None:
            ready.script.write_text(script, encoding="utf-8")
            project = replace(project, models=())  # a model's file names libraries too
        with Peer(ready) as peer:
            assert peer.process is not None

            def ours() -> float:
                gone()
                _forget(ready)
                service = asyncio.run(services.deploy(project, name=NAME))
                post(service.port, ready.request)
                time.sleep(QUIET)
                return megabytes(arbiter()) - megabytes(peer.process.pid if peer.process else 0)

            try:
                yield Contestants(ours)
            finally:
                gone()


def _forget(ready: Sample) -> None:
    """What an earlier deploy of the script has learnt."""
    from scoredock.hosting import libraries

    Path(libraries._file(ready.script, ready.environment.key)).unlink(missing_ok=True)


ROWS = [
    Row("memory of an idle service, beyond azmlinfsrv", "MB", lambda: idle(None), bar=30, rounds=3),
    Row(
        "memory of an idle service, imports unnamed, beyond azmlinfsrv",
        "MB",
        lambda: idle(UNNAMED),
        bar=30,
        rounds=3,
    ),
]
