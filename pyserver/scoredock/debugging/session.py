"""One client and all workers of a service: what the client sees is one program that never ends.

A worker that comes later (an update, a crash) gets what the client has set before it runs any user code; one that goes
takes only its threads with it. Nothing a client sends can end the service.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from scoredock.debugging import framing
from scoredock.debugging.adapter import Adapter
from scoredock.debugging.breakpoints import Breakpoints
from scoredock.debugging.capabilities import capabilities
from scoredock.debugging.debuggees import Debuggees
from scoredock.debugging.framing import Message
from scoredock.debugging.workers import CannotAttach, Heard, Opened, Workers
from scoredock.errors import ScoredockError
from scoredock.l10n import t

logger = logging.getLogger(__name__)
Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]
REPLAYED = ("setFunctionBreakpoints", "setExceptionBreakpoints", "setDebuggerProperty")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a session asks of its client and gives to every worker. ``mappings``: (here, in the service); ``notes`` are shown
    in the client's console."""

    service: str
    token: str
    mappings: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


class Session:
    """Serves one connection until the client or the service is gone."""

    def __init__(self, client: Client, terms: Terms, workers: Workers, claim: Callable[[], bool]) -> None:
        self._reader, self._writer = client
        self._sent = 0
        self._terms, self._workers, self._claim = terms, workers, claim
        self._debuggees = Debuggees(self._heard, self._gone)
        self._breakpoints = Breakpoints()
        self._initialize: Message = {}
        self._attach: Message | None = None
        self._temporary: tuple[str, int] | None = None  # the breakpoint at the first line of `run` that nobody set
        self._set_up = asyncio.Event()
        self._announced = False
        self._over = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._handlers: dict[str, Callable[[Message], Awaitable[Message | None]]] = {
            "initialize": self._on_initialize,
            "attach": self._on_attach,
            "launch": self._on_attach,
            "setBreakpoints": self._on_set_breakpoints,
            "configurationDone": self._on_configuration_done,
            "threads": self._on_threads,
            "scoredock/sample": self._on_sample,
            "disconnect": self._on_disconnect,
            "terminate": self._on_disconnect,
            **{command: self._broadcasting(command) for command in REPLAYED},
        }

    async def serve(self) -> None:
        """Until the end, whoever ends it."""
        reading = asyncio.create_task(self._read())
        over = asyncio.create_task(self._over.wait())
        try:
            await asyncio.wait({reading, over}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (reading, over, *self._tasks):
                task.cancel()
            await self._debuggees.close()
            if self._attach is not None:
                await self._workers.close()
            with suppress(ConnectionError):
                await self._writer.drain()
            self._writer.close()

    # The client's side.

    async def _read(self) -> None:
        with suppress(framing.NotTheProtocol):
            while request := await framing.read(self._reader):
                if request.get("type") == "request":
                    # A task for each: an answer that takes long (evaluate) holds up no other. Tasks start in this order.
                    self._later(self._answer(request))

    def _later(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, request: Message) -> None:
        command = str(request.get("command"))
        answer: Message = {"type": "response", "request_seq": request.get("seq"), "command": command, "success": True}
        last = command in ("disconnect", "terminate")
        try:
            if self._attach is None and command not in ("initialize", "attach", "launch", "disconnect"):
                raise CannotAttach(t("Attach first."))
            handler = self._handlers.get(command)
            arguments = request.get("arguments") or {}
            body = await (handler(arguments) if handler else self._debuggees.route(command, arguments))
            if body is not None:
                answer["body"] = body
        except ScoredockError as refused:
            error = {"id": 1, "format": str(refused).replace("{", "{{"), "showUser": True}
            answer.update(success=False, message=str(refused), body={"error": error})
            last = last or command in ("attach", "launch")
        except Exception:
            # A mistake of ours must not leave the client waiting for an answer.
            logger.exception("The debugger's %s request failed", command)
            answer.update(success=False, message=t("Scoredock failed at '{0}'; its log says more.", command))
        self._send(answer)
        if last:
            self._over.set()

    def _send(self, message: Message) -> None:
        self._sent += 1
        framing.write(self._writer, {**message, "seq": self._sent})

    def _event(self, event: str, **body: Any) -> None:
        self._send({"type": "event", "event": event, "body": body})

    async def _on_initialize(self, arguments: Message) -> Message:
        self._initialize = arguments
        return capabilities()

    async def _on_attach(self, arguments: Message) -> None:
        token = arguments.get("accessToken")
        if not isinstance(token, str) or not hmac.compare_digest(token.encode(), self._terms.token.encode()):
            raise CannotAttach(t("The access token is missing or wrong."), t("Take the launch configuration that 'attach' gave."))
        if not self._claim():
            raise CannotAttach(
                t("A debugger is already connected to '{0}'.", self._terms.service),
                t("Disconnect it first: two cannot share one service."),
            )
        self._attach = self._arguments(arguments)
        heard = Heard(self._came, self._waits, self._say, self._ended)
        opened = await self._workers.start(heard, children=arguments.get("subProcess") is True)
        for adapter in await asyncio.gather(*(self._join(one) for one in opened)):
            adapter.early = True
        self._event("initialized")

    def _arguments(self, arguments: Message) -> Message:
        """What every worker is told: the client's wishes, and ours for what it cannot know."""
        given = {key: value for key, value in arguments.items() if key not in ("accessToken", "host", "port", "connect")}
        own = given.get("pathMappings") or []
        ours = [{"localRoot": here, "remoteRoot": there} for here, there in self._terms.mappings]
        return {
            "justMyCode": True,
            **given,
            "pathMappings": [*own, *(mapping for mapping in ours if mapping not in own)],
            "rules": list(given.get("rules") or ()),
        }

    async def _on_set_breakpoints(self, arguments: Message) -> Message:
        key = self._breakpoints.set(arguments)
        answers = await asyncio.gather(*(self._put(adapter, key, arguments) for adapter in self._debuggees.ready()))
        return {"breakpoints": self._breakpoints.merged(key, list(answers))}

    async def _put(self, adapter: Adapter, key: str, arguments: Message) -> list[Message]:
        answer = await adapter.ask("setBreakpoints", arguments)
        return self._breakpoints.answered(key, adapter.slot, answer.get("body") or {})

    def _broadcasting(self, command: str) -> Callable[[Message], Awaitable[Message | None]]:
        async def handle(arguments: Message) -> Message | None:
            if command == "setExceptionBreakpoints" and self._attach and self._attach.get("stopOnRaise"):
                filters = {*(arguments.get("filters") or ()), "userUnhandled"}
                arguments = {**arguments, "filters": sorted(filters)}
            self._breakpoints.others[command] = arguments
            answers = await asyncio.gather(*(adapter.ask(command, arguments) for adapter in self._debuggees.ready()))
            return next((answer.get("body") for answer in answers if answer.get("success")), None)

        return handle

    async def _on_configuration_done(self, _: Message) -> None:
        ready = self._debuggees.ready()
        self._debuggees.configured = True
        await asyncio.gather(*(self._configure(adapter, replay=not adapter.early) for adapter in ready))
        if self._attach and self._attach.get("stopAtRun"):
            await self._stop_at_run()
        for note in self._terms.notes:
            self._say(note)
        self._set_up.set()

    async def _on_sample(self, arguments: Message) -> Message:
        """`scoredock/sample`: a request is about to be sent. Waits until everything is set; ``stopAtRun`` and
        ``stopOnRaise`` as in attach."""
        await self._set_up.wait()
        if arguments.get("stopOnRaise") and self._attach is not None:
            self._attach["stopOnRaise"] = True
            command = "setExceptionBreakpoints"
            await self._handlers[command](self._breakpoints.others.get(command, {"filters": []}))
        if arguments.get("stopAtRun"):
            await self._stop_at_run()
        return {}

    async def _stop_at_run(self) -> None:
        """At the first line of `run`, once, if the user has set nothing that stops."""
        if not self._breakpoints.any_line and (place := await self._workers.locate_run()) is not None:
            self._temporary = place
            await asyncio.gather(*(adapter.ask("setBreakpoints", self._at(*place)) for adapter in self._debuggees.ready()))

    async def _on_threads(self, _: Message) -> Message:
        return {"threads": await self._debuggees.threads()}

    async def _on_disconnect(self, _: Message) -> None:
        """The service goes on; `serve` says goodbye to the workers."""
        await self._debuggees.close()

    # The workers' side.

    async def _join(self, opened: Opened) -> Adapter:
        attach = self._attach or {}
        rules = [*attach["rules"], {"path": opened.runtime.rstrip("/") + "/**", "include": False}]
        return await self._debuggees.join(opened, self._initialize, {**attach, "rules": rules})

    async def _configure(self, adapter: Adapter, *, replay: bool) -> None:
        if replay:
            for key, arguments in self._breakpoints.files.items():
                for one in await self._put(adapter, key, arguments):
                    self._event("breakpoint", reason="changed", breakpoint=one)
            for command, arguments in self._breakpoints.others.items():
                await adapter.ask(command, arguments)
        await adapter.ask("configurationDone")
        adapter.configured = True
        if adapter.waiting:
            adapter.waiting = False
            await self._workers.release(adapter.pid)

    def _at(self, path: str, *lines: int) -> Message:
        return {"source": {"path": self._here(path)}, "breakpoints": [{"line": line} for line in lines]}

    def _here(self, path: str) -> str:
        for here, there in self._terms.mappings:
            if path == there or path.startswith(there.rstrip("/") + "/"):
                return here.rstrip("/") + path[len(there.rstrip("/")) :]
        return path

    def _came(self, opened: Opened) -> None:
        self._later(self._welcome(opened))

    async def _welcome(self, opened: Opened) -> None:
        adapter = await self._join(opened)
        if not self._debuggees.configured:
            return
        await self._configure(adapter, replay=True)
        if opened.parent:
            self._say(t("Process {0}, which worker {1} has started, is debugged too.", opened.pid, opened.parent))
        else:
            self._say(
                t("A new worker (process {0}) runs your code. Breakpoints are set in it; its state starts anew.", opened.pid)
            )

    def _waits(self, pid: int) -> None:
        adapter = self._debuggees.of(pid)
        if adapter is not None and adapter.configured:
            self._later(self._workers.release(pid))
        elif adapter is not None:
            adapter.waiting = True

    def _heard(self, adapter: Adapter, message: Message) -> None:
        event = message.get("event")
        body = message.get("body") or {}
        several = len(self._debuggees) > 1
        if message.get("type") != "event" or event in ("terminated", "exited", "debugpyAttach"):
            return  # a worker's end is not the program's
        if event == "process":
            if self._announced:
                return
            self._announced = True
            body["name"] = self._terms.service
        elif event == "breakpoint":
            number = self._breakpoints.ours(adapter.slot, body["breakpoint"].get("id"))
            if number is None:
                return
            body["breakpoint"]["id"] = number
        elif event == "stopped":
            self._debuggees.recent = adapter
            if several:
                body["allThreadsStopped"] = False
            hit = [self._breakpoints.ours(adapter.slot, number) for number in body.get("hitBreakpointIds") or ()]
            body["hitBreakpointIds"] = [number for number in hit if number is not None]
            self._later(self._drop_temporary())
        elif event == "continued" and several:
            body["allThreadsContinued"] = False
        self._send({**message, "body": body})

    async def _drop_temporary(self) -> None:
        if self._temporary is not None:
            nothing = self._at(self._temporary[0])
            self._temporary = None
            await asyncio.gather(*(adapter.ask("setBreakpoints", nothing) for adapter in self._debuggees.ready()))

    def _gone(self, adapter: Adapter) -> None:
        self._debuggees.forget(adapter)
        for thread in adapter.stopped:
            self._event("continued", threadId=thread, allThreadsContinued=False)
        for thread in adapter.threads:
            self._event("thread", reason="exited", threadId=thread)

    def _say(self, sentence: str) -> None:
        self._event("output", category="console", output=sentence + "\n")

    def _ended(self, reason: str) -> None:
        self._event("output", category="important", output=reason + "\n")
        self._event("terminated")
        self._over.set()
