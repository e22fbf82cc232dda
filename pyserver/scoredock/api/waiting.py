"""Awaiting from code that is not async, in scripts and in notebooks, whose kernel already runs a loop."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def wait_for(make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run what ``make`` makes to its end and return its result."""
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(make())
    with ThreadPoolExecutor(1, thread_name_prefix="scoredock") as pool:
        return pool.submit(lambda: asyncio.run(make())).result()
