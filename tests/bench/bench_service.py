"""A saved edit until the new answer, and what a service costs, against plain `azmlinfsrv`."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.bench.rounds import Contestants, Row
from tests.bench.services import answer, plain_server, rate, scene, start_plain, stop_plain


@contextmanager
def update_absolute() -> Iterator[Contestants]:
    with scene() as made:
        service = made.deploy()
        versions = itertools.count(2)

        def update() -> float:
            version = next(versions)
            began = time.perf_counter()
            made.save(version)
            asyncio.run(made.engine.update("bench"))
            answer(service.port, holding=b'"version": %d,' % version)
            return (time.perf_counter() - began) * 1000

        yield Contestants(ours=update)


@contextmanager
def update_against_restart() -> Iterator[Contestants]:
    with scene() as made:
        service = made.deploy()
        versions = itertools.count(2)
        with plain_server(made) as port:
            pass
        servers = [start_plain(made, port)]

        def update() -> float:
            version = next(versions)
            began = time.perf_counter()
            made.save(version)
            asyncio.run(made.engine.update("bench"))
            answer(service.port, holding=b'"version": %d,' % version)
            return time.perf_counter() - began

        def restart() -> float:
            version = next(versions)
            began = time.perf_counter()
            made.save(version)
            stop_plain(servers.pop())
            servers.append(start_plain(made, port))
            answer(port, holding=b'"version": %d,' % version)
            return time.perf_counter() - began

        try:
            yield Contestants(ours=update, peer=restart)
        finally:
            stop_plain(servers.pop())


@contextmanager
def throughput() -> Iterator[Contestants]:
    with scene() as made, plain_server(made) as port:
        service = made.deploy()
        yield Contestants(ours=lambda: rate(service.port), peer=lambda: rate(port))


ROWS = [
    Row("save to new answer, scikit-learn", "ms", update_absolute, bar=100, rounds=21, warm_up=2),
    Row("save to new answer, ratio", "s", update_against_restart, bar=1 / 25, rounds=9, peer="azmlinfsrv stop + start + answer"),
    Row("requests/s of a service", "1/s", throughput, bar=0.97, at_most=False, rounds=15, peer="azmlinfsrv"),
]
