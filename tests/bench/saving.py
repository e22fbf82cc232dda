"""From a saved edit to the first answer of the new code: what every row about updates measures."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from scoredock.hosting import services
from scoredock.hosting.values import Service
from tests.bench.sample import Edits, Sample, post


def save_update_answer(ready: Sample, service: Service, edits: Edits) -> Callable[[], float]:
    """One round: its seconds."""

    def once() -> float:
        expected = edits.save()
        started = time.perf_counter()
        asyncio.run(services.update(service.name))
        answer = post(service.port, ready.request)
        spent = time.perf_counter() - started
        assert expected in answer, answer
        return spent

    return once
