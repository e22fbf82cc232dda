"""The processes of one session: the workers of a service as they come and go, and what these have started."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from scoredock.debugging import numbers
from scoredock.debugging.adapter import Adapter
from scoredock.debugging.framing import Message
from scoredock.debugging.workers import CannotAttach, Opened
from scoredock.l10n import t


class Debuggees:
    """One adapter for each, and which of them a request is for."""

    def __init__(self, heard: Callable[[Adapter, Message], None], gone: Callable[[Adapter], None]) -> None:
        self._heard, self._gone = heard, gone
        self._by_pid: dict[int, Adapter] = {}
        self.configured = False  # the client has set everything
        self.recent: Adapter | None = None  # stopped last

    def __len__(self) -> int:
        return len(self._by_pid)

    def of(self, pid: int) -> Adapter | None:
        return self._by_pid.get(pid)

    def ready(self) -> list[Adapter]:
        """Those that take requests; once the client has set everything, without those that are still being told."""
        return [one for one in self._by_pid.values() if one.attached and (one.configured or not self.configured)]

    async def join(self, opened: Opened, initialize: Message, attach: Message) -> Adapter:
        """Take one more, up to the point where its breakpoints may be set."""
        taken = {adapter.slot for adapter in self._by_pid.values()}
        slot = next((number for number in range(numbers.SLOTS) if number not in taken), None)
        if slot is None:
            opened.streams[1].close()
            raise CannotAttach(t("More than {0} processes are debugged already.", numbers.SLOTS))
        adapter = Adapter(opened, slot, self._heard, self._gone)
        self._by_pid[opened.pid] = adapter
        await adapter.attach(initialize, attach)
        return adapter

    def forget(self, adapter: Adapter) -> None:
        if self._by_pid.get(adapter.pid) is adapter:
            del self._by_pid[adapter.pid]
        if self.recent is adapter:
            self.recent = None

    async def threads(self) -> list[Message]:
        """Those of all, told apart by name where there are several processes."""
        adapters = self.ready()
        answers = await asyncio.gather(*(adapter.ask("threads") for adapter in adapters))
        threads = []
        for adapter, answer in zip(adapters, answers, strict=True):
            for thread in (answer.get("body") or {}).get("threads") or ():
                adapter.threads.add(thread["id"])
                name = thread["name"] if len(adapters) == 1 else _told_apart(thread["name"], adapter)
                threads.append({**thread, "name": name})
        return threads

    async def route(self, command: str, arguments: Message) -> Message | None:
        """To the process that the request's numbers name; without any to the one that stopped last."""
        slot, theirs = numbers.inward(arguments)
        ready = self.ready()
        if slot is None:
            adapter = self.recent if self.recent in ready else next(iter(ready), None)
        else:
            adapter = next((one for one in ready if one.slot == slot), None)
        if adapter is None:
            raise CannotAttach(t("That worker has ended.") if slot is not None else t("No worker runs at the moment."))
        answer = await adapter.ask(command, theirs)
        if not answer.get("success"):
            raise CannotAttach(str(answer.get("message") or t("The debugger refused.")))
        body: Message | None = answer.get("body")
        if body is not None and len(ready) > 1 and "allThreadsContinued" in body:
            body["allThreadsContinued"] = False
        return body

    async def close(self) -> None:
        """Say goodbye to all; what was stopped goes on."""
        await asyncio.gather(*(adapter.close() for adapter in self._by_pid.values()), return_exceptions=True)
        self._by_pid.clear()


def _told_apart(thread: str, adapter: Adapter) -> str:
    if adapter.parent:
        return t("{0} (process {1})", thread, adapter.pid)
    return t("{0} (worker {1})", thread, adapter.pid)
