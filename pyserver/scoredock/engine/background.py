"""Blocking work beside the event loop, that can be cancelled even while it waits for the engine."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

from scoredock.progress import Progress, Step, silent

T = TypeVar("T")


class Job:
    """What blocking work knows of whoever waits for it: reports reach the event loop's thread, and a wish to stop comes back."""

    def __init__(self, loop: asyncio.AbstractEventLoop, progress: Progress) -> None:
        self._loop = loop
        self._progress = progress
        self._stopped = threading.Event()
        self._closers: list[Callable[[], object]] = []

    @property
    def stopped(self) -> bool:
        """Nobody waits for the result any more: give up."""
        return self._stopped.is_set()

    def report(self, step: Step) -> None:
        self.tell(self._progress, step)

    def tell(self, listener: Callable[[T], object], value: T) -> None:
        """Call the listener with the value on the event loop's thread, unless the work was given up."""
        if not self.stopped:
            try:
                self._loop.call_soon_threadsafe(listener, value)
            except RuntimeError:  # the loop is closed: nobody listens
                self._stopped.set()

    def on_stop(self, closer: Callable[[], object]) -> None:
        """Call this when nobody waits any more, to wake work that hangs in a read."""
        self._closers.append(closer)
        if self.stopped:
            closer()

    def stop(self) -> None:
        self._stopped.set()
        for closer in self._closers:
            try:
                closer()
            except Exception:  # noqa: S112  # whatever a half-open socket says while it is torn down changes nothing
                continue


async def beside(work: Callable[[Job], T], progress: Progress = silent) -> T:
    """Run blocking work in a thread of its own. Cancelling returns at once; the work is told to stop.

    The thread is a daemon, not one of the loop's executor: a read that never ends must not keep the process alive.
    """
    loop = asyncio.get_running_loop()
    job = Job(loop, progress)
    outcome: asyncio.Future[T] = loop.create_future()

    def settle(value: T | None, error: BaseException | None) -> None:
        if outcome.done():
            return
        if error is None:
            outcome.set_result(value)  # type: ignore[arg-type]  # a value of T when there was no error
        else:
            outcome.set_exception(error)

    def run() -> None:
        value, failure = None, None
        try:
            value = work(job)
        except BaseException as error:  # carried to whoever waits
            failure = error
        try:
            loop.call_soon_threadsafe(settle, value, failure)
        except RuntimeError:
            return  # the loop is closed: nobody waits

    threading.Thread(target=run, daemon=True, name="scoredock-docker").start()
    try:
        return await outcome
    except asyncio.CancelledError:
        job.stop()
        raise
