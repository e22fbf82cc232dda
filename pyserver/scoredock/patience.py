"""Waiting for so long and no longer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def within(seconds: float | None, work: Awaitable[T]) -> T:
    """The result of the work; raises ``asyncio.TimeoutError`` when it takes longer, after the work has ended.

    In place of ``asyncio.wait_for``, which before Python 3.12 loses a cancellation that comes in the moment in which the work
    ends: an update on save that was to end with the session went on for ever.
    """
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    except asyncio.CancelledError:
        await _end(task)
        raise
    if not done:
        await _end(task)
        if task.cancelled():
            raise asyncio.TimeoutError
    return task.result()


async def to_its_end(work: Callable[..., T], *arguments: object) -> T:
    """The result of something done in a thread. A cancellation is passed on when it has ended: a thread goes on whatever
    happens to who waits for it, and whoever tidies up after a cancelled sync must not do so while it still writes.
    """
    task = asyncio.ensure_future(asyncio.to_thread(work, *arguments))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # asked for, so that nobody prints it
        raise


async def _end(task: asyncio.Future[T]) -> None:
    task.cancel()
    await asyncio.wait({task})
