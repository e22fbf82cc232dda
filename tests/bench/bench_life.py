"""A service's start with and without bytecode, its end when its script hangs, and its log when it shouts."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import requests

from scoredock.engine import containers, logs
from scoredock.engine.background import beside
from scoredock.engine.connection import connect
from scoredock.engine.values import ContainerOrder
from scoredock.hosting import services
from scoredock.hosting.values import ServiceProblem, State
from tests.bench.rounds import Contestants, Row
from tests.bench.sample import post, sample

NAME = "scoredock-bench-life"
HANGING = """\
import signal


def init():
    for number in (1, 2, 15):
        signal.signal(number, signal.SIG_IGN)


def run(data):
    while True:
        pass
"""
SHOUTING = "import sys\nfor n in range(500_000): sys.stdout.write('%08d %s\\n' % (n, 'x' * 91))"


def gone() -> None:
    with contextlib.suppress(ServiceProblem):
        asyncio.run(services.stop(NAME))


@contextmanager
def starting() -> Iterator[Contestants]:
    """Seconds from `deploy` to the first answer, with the packages' bytecode at hand and with none."""
    with sample() as ready:
        folders = itertools.count()

        def once(variables: tuple[tuple[str, str], ...]) -> float:
            project = replace(ready.project, environment_variables=(*ready.project.environment_variables, *variables))
            started = time.perf_counter()
            service = asyncio.run(services.deploy(project, name=NAME))
            post(service.port, ready.request)
            spent = time.perf_counter() - started
            gone()
            return spent

        def without() -> float:
            empty = ready.script.parent.parent / f"no-bytecode-{next(folders)}"
            return once((("PYTHONPYCACHEPREFIX", str(empty)), ("PYTHONDONTWRITEBYTECODE", "1")))

        once(())  # Python has written what the script needs
        yield Contestants(lambda: once(()), without)


@contextmanager
def stopping(target: str) -> Iterator[Contestants]:
    """Seconds that `stop` takes while `run` hangs and every signal is ignored."""
    with sample() as plain:
        plain.script.write_text(HANGING, encoding="utf-8")
        base = os.environ["SCOREDOCK_TEST_BASE_IMAGE"] if target == "docker" else plain.project.base_image
        project = replace(plain.project, base_image=base)

        def ours() -> float:
            service = asyncio.run(services.deploy(project, target="docker" if target == "docker" else "process", name=NAME))
            threading.Thread(target=_send, args=(service.scoring_uri,), daemon=True).start()
            while (found := asyncio.run(services.find(NAME))) is None or found.state is not State.BUSY:
                time.sleep(0.05)
            started = time.perf_counter()
            asyncio.run(services.stop(NAME))
            return time.perf_counter() - started

        try:
            yield Contestants(ours)
        finally:
            gone()


def _send(uri: str) -> None:
    with contextlib.suppress(requests.RequestException):
        requests.post(uri, "{}", timeout=120)


@contextmanager
def following() -> Iterator[Contestants]:
    """Seconds in which 50 MB of a container's log are followed to their end, from its start."""
    connection = connect()
    order = ContainerOrder(
        image=os.environ["SCOREDOCK_TEST_BASE_IMAGE"],
        name=f"scoredock-bench-{os.getpid()}",
        command=("python3", "-c", SHOUTING),
    )

    async def count(identifier: str) -> int:
        return sum([len(batch) async for batch in logs.lines(connection, identifier, follow=True)])

    def ours() -> float:
        made = containers.start(connection, containers.create(connection, order).id)
        started = time.perf_counter()
        assert asyncio.run(count(made.id)) == 500_000
        spent = time.perf_counter() - started
        asyncio.run(beside(lambda _: containers.remove(connection, made.id)))
        return spent

    def docker() -> float:
        made = containers.start(connection, containers.create(connection, order).id)
        started = time.perf_counter()
        with Path(os.devnull).open("wb") as nowhere:
            subprocess.run(["docker", "logs", "--follow", "--timestamps", made.id], stdout=nowhere, stderr=nowhere, check=True)
        spent = time.perf_counter() - started
        containers.remove(connection, made.id)
        return spent

    try:
        yield Contestants(ours, docker)
    finally:
        connection.close()


ROWS = [
    Row("deploy to first answer, packages compiled", "s", starting, bar=0.8, rounds=8, peer="the same without bytecode"),
    Row("stop while run hangs and ignores signals", "s", lambda: stopping("process"), bar=5.0, rounds=5),
    Row("container: stop while run hangs and ignores signals", "s", lambda: stopping("docker"), bar=5.0, rounds=5),
    Row("container: follow 50 MB of log", "s", following, bar=1.25, rounds=5, peer="docker logs --follow --timestamps"),
]
