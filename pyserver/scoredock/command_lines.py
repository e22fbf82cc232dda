"""What the processes of this machine were started with."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

STARTING = 0.2  # seconds; up to 0.048 were seen on a busy machine


def command_lines() -> Iterator[tuple[psutil.Process, list[str]]]:
    """Every process that tells, with its command line.

    One that is just being started has none for some milliseconds: its parent goes on before its arguments are in their place.
    Such a one is waited for, or else a sync would take a child that is at work for none, and an environment in which a
    service starts for one that nobody uses.
    """
    import psutil

    starting: list[psutil.Process] = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"]
        if words:
            yield process, words
        elif words == [] and _is_starting(process):
            starting.append(process)
    limit = time.monotonic() + STARTING
    while starting and time.monotonic() < limit:
        for process in tuple(starting):
            try:
                words = process.cmdline()
            except psutil.Error:
                starting.remove(process)  # it has gone
                continue
            if words:
                starting.remove(process)
                yield process, words
        time.sleep(0.002)


def _is_starting(process: psutil.Process) -> bool:
    """Not one that never has a command line, as the kernel's own."""
    import psutil

    with contextlib.suppress(psutil.Error):
        return time.time() - process.create_time() < 5 and bool(process.exe())
    return False
