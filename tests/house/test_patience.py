"""Waiting for so long and no longer."""

import asyncio
import threading

import pytest

from scoredock.patience import to_its_end, within


async def test_what_comes_in_time_is_returned_and_what_fails_is_raised() -> None:
    assert await within(10, asyncio.sleep(0, "here")) == "here"
    assert await within(None, asyncio.sleep(0, "here")) == "here"

    async def fails() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await within(10, fails())


async def test_what_takes_too_long_is_ended_before_it_is_said() -> None:
    ended = []

    async def long() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("tidied up")

    with pytest.raises(asyncio.TimeoutError):
        await within(0.01, long())
    assert ended


async def test_a_cancellation_in_the_moment_in_which_the_work_ends_is_not_lost() -> None:
    work: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    waiting = asyncio.create_task(within(10, work))
    await asyncio.sleep(0)
    work.set_result(1)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_cancellation_ends_the_work() -> None:
    work = asyncio.create_task(asyncio.Event().wait())
    waiting = asyncio.create_task(within(10, work))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert work.cancelled()


async def test_a_thread_that_is_cancelled_has_ended_when_that_is_said() -> None:
    begun, go_on, ended = asyncio.Event(), threading.Event(), []
    loop = asyncio.get_running_loop()

    def work() -> None:
        loop.call_soon_threadsafe(begun.set)
        go_on.wait(30)
        ended.append("written")

    waiting = asyncio.create_task(to_its_end(work))
    await begun.wait()
    waiting.cancel()
    await asyncio.sleep(0)
    assert not waiting.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert ended


async def test_what_a_thread_returns_or_raises() -> None:
    assert await to_its_end(int, "7") == 7
    with pytest.raises(ValueError, match="seven"):
        await to_its_end(int, "seven")
