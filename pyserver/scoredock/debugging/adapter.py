"""The debug adapter inside one worker, as the session sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from scoredock.debugging import framing, numbers
from scoredock.debugging.framing import Message
from scoredock.debugging.workers import Opened
from scoredock.l10n import t
from scoredock.patience import within


class Adapter:
    """One connection to one worker. Numbers in its answers and events are already the session's (`numbers`)."""

    def __init__(
        self, opened: Opened, slot: int, heard: Callable[[Adapter, Message], None], gone: Callable[[Adapter], None]
    ) -> None:
        self.pid, self.slot, self.parent = opened.pid, slot, opened.parent
        self.waiting = opened.waiting  # it stands before user code until it is told to go on
        self.early = False  # it was there when the client set its breakpoints
        self.attached = False  # breakpoints may be set
        self.configured = False  # all are
        self.stopped: set[int] = set()
        self.threads: set[int] = set()
        self._reader, self._writer = opened.streams
        self._heard, self._gone = heard, gone
        self._seq = 0
        self._asked: dict[int, asyncio.Future[Message]] = {}
        self._initialized = asyncio.Event()
        self._listening = asyncio.create_task(self._listen())

    def ask(self, command: str, arguments: Message | None = None) -> asyncio.Future[Message]:
        """Send a request at once; the future is its answer (``success`` false when the worker ends before it answers)."""
        self._seq += 1
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._asked[self._seq] = future
        request = {"seq": self._seq, "type": "request", "command": command, "arguments": arguments or {}}
        framing.write(self._writer, request)
        if self._listening.done():
            self._fail_all()
        return future

    async def attach(self, initialize: Message, arguments: Message) -> None:
        """The handshake up to the point where breakpoints may be set."""
        await self.ask("initialize", initialize)
        answer = await self.ask("attach", arguments)
        if answer.get("success"):
            await self._initialized.wait()
            self.attached = True

    async def close(self) -> None:
        """Say goodbye, so that what is stopped goes on, and hang up."""
        with suppress(asyncio.TimeoutError):
            await within(1.0, self.ask("disconnect", {"terminateDebuggee": False}))
        self._listening.cancel()
        self._writer.close()

    async def _listen(self) -> None:
        try:
            while message := await framing.read(self._reader):
                self._sort(numbers.outward(message, self.slot))
        except framing.NotTheProtocol:
            pass  # cannot be: what we talk to is debugpy; treat it as gone
        self._initialized.set()
        self._fail_all()
        self._writer.close()
        self._gone(self)

    def _sort(self, message: Message) -> None:
        message.pop("pydevd_cmd_id", None)
        if message.get("type") == "response":
            future = self._asked.pop(message["request_seq"], None)
            if future is not None and not future.done():
                future.set_result(message)
            return
        if message.get("event") == "initialized":
            self._initialized.set()
            return
        if message.get("event") == "terminated" and self.parent:
            self._writer.close()  # a process that ends waits until we have hung up
        self._follow(message)
        self._heard(self, message)

    def _follow(self, message: Message) -> None:
        body = message.get("body") or {}
        thread = body.get("threadId")
        if message.get("event") == "stopped" and thread is not None:
            self.stopped.add(thread)
        elif message.get("event") == "continued":
            if body.get("allThreadsContinued", True):
                self.stopped.clear()
            self.stopped.discard(thread)
        elif message.get("event") == "thread" and thread is not None:
            (self.threads.add if body.get("reason") == "started" else self.threads.discard)(thread)

    def _fail_all(self) -> None:
        for number, future in list(self._asked.items()):
            if not future.done():
                future.set_result({"success": False, "message": t("the worker ended"), "request_seq": number})
        self._asked.clear()
