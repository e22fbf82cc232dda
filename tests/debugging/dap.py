"""A raw client of the Debug Adapter Protocol: frames, requests, events, and a deadline on every wait."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

Message = dict[str, Any]
PATIENCE = 40.0  # seconds; a machine may be busy with much else


class Refused(Exception):
    """The adapter answered a request with ``success: false``; the text is its sentence."""


class Client:
    """One connection. Events are kept in the order they came; each is handed out once."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.seq = 0
        self.answers: dict[int, asyncio.Future[Message]] = {}
        self.events: list[Message] = []
        self.seen: list[Message] = []  # every message that came, for a failing test to show
        self.news = asyncio.Condition()
        self.closed = False
        self.listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        try:
            while header := await self.reader.readuntil(b"\r\n\r\n"):
                length = int(header.split(b":")[1])
                message: Message = json.loads(await self.reader.readexactly(length))
                self.seen.append(message)
                if message["type"] == "response":
                    self.answers.pop(message["request_seq"]).set_result(message)
                else:
                    async with self.news:
                        self.events.append(message)
                        self.news.notify_all()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.closed = True
            for waiting in self.answers.values():
                if not waiting.done():
                    waiting.set_exception(ConnectionError("the adapter closed the connection"))
            async with self.news:
                self.news.notify_all()

    def send(self, command: str, **arguments: Any) -> asyncio.Future[Message]:
        """Send a request without waiting; the future is its whole answer."""
        self.seq += 1
        body = json.dumps({"seq": self.seq, "type": "request", "command": command, "arguments": arguments}).encode()
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self.answers[self.seq] = future
        self.writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        return future

    async def ask(self, command: str, **arguments: Any) -> Any:
        """Send a request and return the body of its answer; raises `Refused` with the adapter's sentence."""
        answer = await asyncio.wait_for(self.send(command, **arguments), PATIENCE)
        if not answer["success"]:
            raise Refused(answer.get("message") or str(answer))
        return answer.get("body") or {}

    async def event(self, name: str, when: Callable[[Message], bool] = lambda _: True, patience: float = PATIENCE) -> Message:
        """The body of the next event of this name for which ``when`` holds; the others stay."""

        def found() -> Message | None:
            for event in self.events:
                if event.get("event", event.get("command")) == name and when(event.get("body") or {}):
                    return event
            return None

        async with self.news:
            try:
                await asyncio.wait_for(self.news.wait_for(lambda: found() or self.closed), patience)
            except asyncio.TimeoutError:
                pytest.fail(f"no event '{name}' came; the last messages: " + "\n".join(map(str, self.seen[-8:])))
            event = found()
            if event is None:
                raise ConnectionError(f"the adapter closed the connection before '{name}' came")
            self.events.remove(event)
            return event.get("body") or event.get("arguments") or {}

    async def until_closed(self, patience: float = PATIENCE) -> None:
        async with self.news:
            await asyncio.wait_for(self.news.wait_for(lambda: self.closed), patience)

    async def start(
        self, *, breakpoints: dict[str, list[Any]] | None = None, filters: tuple[str, ...] = (), **attach: Any
    ) -> Message:
        """The whole handshake as an editor does it; returns what `setBreakpoints` answered, by path.

        A breakpoint is a line, or a dict of the protocol (``{"line": 3, "condition": "x > 1"}``).
        """
        await self.ask(
            "initialize", adapterID="scoredock", clientID="test", linesStartAt1=True, columnsStartAt1=True, pathFormat="path"
        )
        attached = self.send("attach", **attach)
        attached.add_done_callback(lambda _: asyncio.ensure_future(self._wake()))
        async with self.news:
            await asyncio.wait_for(
                self.news.wait_for(
                    lambda: (
                        self.closed
                        or any(e.get("event") == "initialized" for e in self.events)
                        or (attached.done() and not attached.result()["success"])
                    )
                ),
                PATIENCE,
            )
        if attached.done() and not attached.result()["success"]:
            raise Refused(attached.result().get("message"))
        await self.event("initialized")
        answers = {path: await self.set_breakpoints(path, *lines) for path, lines in (breakpoints or {}).items()}
        await self.ask("setExceptionBreakpoints", filters=list(filters))
        await self.ask("configurationDone")
        answer = await asyncio.wait_for(attached, PATIENCE)
        assert answer["success"], answer
        return answers

    async def _wake(self) -> None:
        async with self.news:
            self.news.notify_all()

    async def set_breakpoints(self, path: str, *points: Any) -> list[Message]:
        wanted = [point if isinstance(point, dict) else {"line": point} for point in points]
        answer = await self.ask("setBreakpoints", source={"path": path}, breakpoints=wanted)
        found: list[Message] = answer["breakpoints"]
        return found

    async def stopped(self, patience: float = PATIENCE) -> tuple[int, list[Message], str]:
        """Wait until a thread stops: its id, its frames, and the reason."""
        body = await self.event("stopped", patience=patience)
        stack = await self.ask("stackTrace", threadId=body["threadId"])
        return body["threadId"], stack["stackFrames"], body["reason"]

    async def locals_of(self, frame: Message) -> dict[str, str]:
        scopes = (await self.ask("scopes", frameId=frame["id"]))["scopes"]
        place = next(scope for scope in scopes if scope["name"] == "Locals")
        found = await self.ask("variables", variablesReference=place["variablesReference"])
        return {variable["name"]: variable["value"] for variable in found["variables"]}

    async def set_local(self, frame: Message, name: str, value: str) -> None:
        scopes = (await self.ask("scopes", frameId=frame["id"]))["scopes"]
        place = next(scope for scope in scopes if scope["name"] == "Locals")
        await self.ask("setVariable", variablesReference=place["variablesReference"], name=name, value=value)

    async def close(self) -> None:
        """Hang up without a word, as an editor that was killed does."""
        self.listening.cancel()
        with suppress(asyncio.CancelledError):
            await self.listening
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


@asynccontextmanager
async def connected(host: str, port: int) -> AsyncIterator[Client]:
    client = Client(*await asyncio.open_connection(host, port))
    try:
        yield client
    finally:
        await client.close()
