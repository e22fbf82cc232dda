"""A local service of the sample project against the official launcher on the same script."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from scoredock.hosting import services
from scoredock.hosting.values import Service
from tests.bench.load import Load, measure
from tests.bench.rounds import Contestants, Row
from tests.bench.sample import Edits, Peer, Sample, sample
from tests.bench.saving import save_update_answer

NAME = "scoredock-bench"


@contextmanager
def both() -> Iterator[tuple[Sample, Service, Peer]]:
    """The sample as a service of ours and under the official launcher, side by side."""
    with sample() as ready, Peer(ready) as peer:
        service = asyncio.run(services.deploy(ready.project, name=NAME))
        try:
            yield ready, service, peer
        finally:
            asyncio.run(services.stop(NAME))


@contextmanager
def save_to_answer(*, against_peer: bool) -> Iterator[Contestants]:
    """Seconds from a saved edit to the first answer of the new code."""
    with both() as (ready, service, peer):
        edits = Edits(ready.script)
        ours = save_update_answer(ready, service, edits)

        def restart() -> float:
            expected = edits.save()
            started = time.perf_counter()
            peer.stop()
            peer.start()
            answer = peer.answer()
            spent = time.perf_counter() - started
            assert expected in answer, answer
            return spent

        yield Contestants(ours, restart if against_peer else None)


@contextmanager
def under_load(figure: Callable[[Load], float]) -> Iterator[Contestants]:
    with both() as (ready, service, peer):
        yield Contestants(lambda: figure(measure(service.port, ready.request)), lambda: figure(measure(peer.port, ready.request)))


ROWS = [
    Row("save to new answer", "s", lambda: save_to_answer(against_peer=False), bar=0.1, rounds=25),
    Row(
        "save to new answer, against a restart",
        "s",
        lambda: save_to_answer(against_peer=True),
        bar=1 / 25,
        rounds=12,
        peer="azmlinfsrv stop + start + first answer",
    ),
    Row(
        "requests per second",
        "/s",
        lambda: under_load(lambda load: load.rate),
        bar=0.97,
        at_most=False,
        rounds=10,
        peer="azmlinfsrv",
    ),
    Row("p50 of a request", "s", lambda: under_load(lambda load: load.p50), bar=1 / 0.97, rounds=10, peer="azmlinfsrv"),
    Row("p99 of a request", "s", lambda: under_load(lambda load: load.p99), bar=1 / 0.97, rounds=10, peer="azmlinfsrv"),
]
