"""A way into a service that is a process of this machine."""

from __future__ import annotations

import asyncio
from pathlib import Path

from scoredock.hosting.runs import Run
from scoredock.hosting.values import Pipe

LONGEST_LINE = 1 << 24


class ProcessInside:
    """See ``values.Inside``: everything is where it is."""

    machine = ""
    mappings: tuple[tuple[str, str], ...] = ()

    def __init__(self, run: Run) -> None:
        self.control = str(run.control)

    async def connect(self, path: str) -> tuple[asyncio.StreamReader, Pipe]:
        return await asyncio.open_unix_connection(path, limit=LONGEST_LINE)

    async def bring(self, folder: Path) -> str:
        return str(folder)
