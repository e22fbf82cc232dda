"""What the debugger costs: the time to the first breakpoint, and what is left in a service before and after it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import psutil

from scoredock.debugging.attach import attach
from scoredock.hosting import services
from scoredock.hosting.values import Target
from tests.bench.bench_services import NAME, both
from tests.bench.load import Load, measure
from tests.bench.rounds import Contestants, Row
from tests.bench.sample import Sample, post, sample
from tests.debugging.dap import connected


def line_in_run(ready: Sample) -> int:
    lines = ready.script.read_text(encoding="utf-8").splitlines()
    return next(n for n, line in enumerate(lines, 1) if '"predictions": predictions' in line)


async def debug_once(ready: Sample, port: int, *, stop: bool) -> float:
    """Attach, set a breakpoint, leave; seconds until it was verified. With ``stop`` a request stops at it in between."""
    script, line = str(ready.script), line_in_run(ready)
    began = time.perf_counter()
    attachment = await attach(NAME)
    async with connected(attachment.host, attachment.port) as client:
        answers = await client.start(accessToken=attachment.token, breakpoints={script: [line]})
        seconds = time.perf_counter() - began
        assert answers[script][0]["verified"]
        if stop:
            sent = asyncio.create_task(asyncio.to_thread(post, port, ready.request))
            thread, _, _ = await client.stopped()
            await client.ask("continue", threadId=thread)
            await sent
        await client.ask("disconnect")
    await attachment.closed()
    return seconds


@contextmanager
def to_the_breakpoint(target: Target) -> Iterator[Contestants]:
    """In a worker that has never been debugged: a new one for each round."""
    with sample() as ready:
        project = ready.project
        if target == "docker":
            project = replace(project, base_image=os.environ["SCOREDOCK_TEST_BASE_IMAGE"])
        service = asyncio.run(services.deploy(project, target=target, name=NAME))
        try:

            def ours() -> float:
                asyncio.run(services.update(NAME))
                post(service.port, ready.request)
                return asyncio.run(debug_once(ready, service.port, stop=False))

            yield Contestants(ours)
        finally:
            asyncio.run(services.stop(NAME))


@contextmanager
def after_the_debugger_has_left(figure: Callable[[Load], float]) -> Iterator[Contestants]:
    with both() as (ready, service, peer):
        asyncio.run(debug_once(ready, service.port, stop=True))
        yield Contestants(lambda: figure(measure(service.port, ready.request)), lambda: figure(measure(peer.port, ready.request)))


@contextmanager
def memory_before() -> Iterator[Contestants]:
    """Resident megabytes of a worker that was never debugged, beyond those of the official launcher's worker."""
    with both() as (_, _, peer):
        assert peer.process is not None
        status = asyncio.run(services.control(NAME, {"command": "status"}))
        arbiters = int(str(status["pid"])), peer.process.pid

        def resident(arbiter: int) -> float:
            return max(child.memory_info().rss for child in psutil.Process(arbiter).children(recursive=True)) / 1e6

        yield Contestants(lambda: resident(arbiters[0]) - resident(arbiters[1]))


ROWS = [
    Row("attach to breakpoint verified", "s", lambda: to_the_breakpoint("process"), bar=1.0, rounds=10),
    Row(
        "requests per second after a debugger has left",
        "/s",
        lambda: after_the_debugger_has_left(lambda load: load.rate),
        bar=0.97,
        at_most=False,
        rounds=10,
        peer="azmlinfsrv",
    ),
    Row(
        "p50 of a request after a debugger has left",
        "s",
        lambda: after_the_debugger_has_left(lambda load: load.p50),
        bar=1 / 0.97,
        rounds=10,
        peer="azmlinfsrv",
    ),
    Row("memory of a worker before attaching, beyond azmlinfsrv", "MB", memory_before, bar=1.0, rounds=5),
]
if os.environ.get("SCOREDOCK_TEST_BASE_IMAGE"):
    ROWS.insert(
        1, Row("attach to breakpoint verified, in a container", "s", lambda: to_the_breakpoint("docker"), bar=1.0, rounds=10)
    )
