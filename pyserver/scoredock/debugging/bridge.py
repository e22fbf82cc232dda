"""The port on this machine that a client connects to: open from an attach until its session has ended."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress

from scoredock.debugging.session import Client, Session, Terms
from scoredock.debugging.workers import Door, Workers

PATIENCE = 600.0  # seconds in which somebody has to connect


class Bridge:
    """Listens on 127.0.0.1 and lets in who knows the token: one at a time, and when that one has left it closes.

    Nothing is opened in the service before that client is there. ``mappings`` are pairs of (folder here, folder in the
    service), ``notes`` are shown in the client's console.
    """

    def __init__(
        self,
        door: Door,
        mappings: tuple[tuple[str, str], ...] = (),
        patience: float = PATIENCE,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.host = "127.0.0.1"
        self.port = 0
        self.token = secrets.token_urlsafe(24)
        self._terms = Terms(door.service, self.token, mappings, notes)
        self._patience = patience
        self._workers = Workers(door)
        self._server: asyncio.Server | None = None
        self._claimed = False
        self._closed = asyncio.Event()
        self._serving: set[asyncio.Task[None]] = set()
        self._expiry: asyncio.TimerHandle | None = None
        self._expiring: asyncio.Task[None] | None = None

    async def prepare(self) -> None:
        """Find out early what would go wrong; see `Workers.prepare`."""
        await self._workers.prepare()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._met, self.host, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self._expiry = asyncio.get_running_loop().call_later(self._patience, self._expire)

    async def closed(self) -> None:
        """Wait until its session has ended, or nobody came in time."""
        await self._closed.wait()
        await self.close()

    async def close(self) -> None:
        """Close the port and end the session, if there is one; what was stopped goes on."""
        self._closed.set()
        if self._expiry is not None:
            self._expiry.cancel()
        if self._server is not None:
            self._server.close()
        for task in tuple(self._serving):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await self._workers.close()

    def _expire(self) -> None:
        if not self._claimed:
            self._expiring = asyncio.create_task(self.close())

    def _claim(self) -> bool:
        free, self._claimed = not self._claimed, True
        return free

    def _met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve((reader, writer)))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, client: Client) -> None:
        won = False

        def claim() -> bool:
            nonlocal won
            won = self._claim()
            return won

        try:
            await Session(client, self._terms, self._workers, claim).serve()
        finally:
            if won:
                self._closed.set()
                if self._server is not None:
                    self._server.close()
