"""Which processes are alive, and that they are the ones we mean: pids are used again."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

from scoredock.command_lines import command_lines


@dataclass(frozen=True, slots=True)
class Identity:
    """A process for ever: its pid and when it started, in seconds since the epoch."""

    pid: int
    started: float

    def __str__(self) -> str:
        return f"{self.pid}:{self.started:.2f}"


def alive(pid: int, noted_at: float) -> Identity | None:
    """The process ``pid``, if it is the one that noted its pid at ``noted_at`` (seconds since the epoch)."""
    try:
        process = psutil.Process(pid)
        started = process.create_time()
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
    except psutil.Error:
        return None
    # It noted its pid within its first moments; whoever has that pid now and started later is somebody else. (A second of
    # slack: the kernel gives the time of boot in whole seconds.)
    return Identity(pid, started) if started <= noted_at + 1.0 else None


def started_with(argument: str) -> Identity | None:
    """The process that was started with this argument. Looks through all of them: for rare cases."""
    for process, words in command_lines():
        with contextlib.suppress(psutil.Error):
            if argument in words and process.status() != psutil.STATUS_ZOMBIE:
                return Identity(process.pid, process.create_time())
    return None


def same(identity: Identity) -> bool:
    """Whether it still runs."""
    found = alive(identity.pid, float("inf"))
    return found is not None and abs(found.started - identity.started) < 1.5


def started_before_boot(noted_at: float) -> bool:
    """Whether the machine was started after that moment: then nothing of it can be alive."""
    return noted_at < psutil.boot_time() - 5


def members(leader: int) -> list[psutil.Process]:
    """Every process of the session that ``leader`` began, and the children that left it but are still its descendants."""
    found: dict[int, psutil.Process] = {}
    for process in psutil.process_iter():
        with contextlib.suppress(OSError):
            if process.pid != leader and os.getsid(process.pid) == leader:
                found[process.pid] = process
    with contextlib.suppress(psutil.Error):
        found.update((child.pid, child) for child in psutil.Process(leader).children(recursive=True))
    return list(found.values())


def end(identity: Identity, patience: float) -> None:
    """Ask it to end; after ``patience`` seconds kill it. Whatever it has begun is killed when it has gone."""
    if not same(identity):
        return
    others = members(identity.pid)
    with contextlib.suppress(OSError):
        os.kill(identity.pid, signal.SIGTERM)
    limit = time.monotonic() + patience
    while same(identity) and time.monotonic() < limit:
        time.sleep(0.01)
    kill_session(identity.pid, others)


def kill_leftovers(leader: int | None) -> None:
    """Kill what remains of a session whose leader is dead. The kernel gives a pid out again only when no session has it, so
    a living process with that pid means that nothing remains."""
    if leader is None:
        return
    try:
        if _runs(psutil.Process(leader)):
            return
    except psutil.Error:
        pass
    kill_session(leader)


def kill_session(leader: int, others: Iterable[psutil.Process] = ()) -> None:
    """Kill the leader if it lives, its session and ``others`` at once, and wait until they are gone (at most a second)."""
    doomed = {process.pid: process for process in (*others, *members(leader))}
    with contextlib.suppress(psutil.Error, OSError):
        if os.getsid(leader) == leader:
            doomed[leader] = psutil.Process(leader)
    for process in doomed.values():
        with contextlib.suppress(psutil.Error):
            process.kill()
    limit = time.monotonic() + 1.0
    while time.monotonic() < limit and any(_runs(process) for process in doomed.values()):
        time.sleep(0.01)


def _runs(process: psutil.Process) -> bool:
    """Whether it still holds anything. Of a process with threads the first one may be dead (all of it looks like a zombie)
    while another is still closing the files: a port was in use for a moment after its last owner was "gone"."""
    try:
        return process.is_running() and (process.status() != psutil.STATUS_ZOMBIE or process.num_threads() > 1)
    except psutil.Error:
        return False


def noted(record: Path) -> float:
    """When the launcher wrote its pid."""
    return record.stat().st_mtime
