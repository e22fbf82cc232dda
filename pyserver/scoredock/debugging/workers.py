"""The workers of one service as they come and go: who is there, who waits for the debugger, and a connection to each."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from scoredock.errors import ScoredockError
from scoredock.hosting.values import Pipe
from scoredock.l10n import deferred, t
from scoredock.patience import within

Streams = tuple[asyncio.StreamReader, Pipe]
MOVING = 10.0  # seconds in which a service that was replaced is to be found again
# What a service refuses with (runtime/, which imports nothing of ours), for the list of texts.
REFUSALS = (
    deferred("Busy: the script has started a debugger itself; take that out, update, and attach again"),
    deferred("Busy: a debugger is attached already; disconnect it first"),
    deferred("there is no such worker"),
    deferred("the worker ended"),
)


class CannotAttach(ScoredockError):
    """The debugger cannot be opened in a service; the sentence says why."""


class Door(Protocol):
    """How what runs inside a service is reached: directly, or through its container."""

    service: str  # its name, for sentences
    control: str  # the control socket (runtime/PROTOCOL.md), as the service's own processes see it

    async def connect(self, path: str) -> Streams:
        """Open a unix socket of the service. Raises `CannotAttach`."""
        ...

    async def again(self) -> bool:
        """Whether a service of that name goes on elsewhere (it was deployed anew); then it is meant from now on."""
        ...

    async def library(self, python: str) -> str:
        """Make debugpy for that Python (``3.12.1``) readable for the service; the folder, as the service sees it."""
        ...


@dataclass(frozen=True, slots=True)
class Opened:
    """A worker with its debug adapter connected, or a process that a worker has started."""

    pid: int
    waiting: bool  # it stands before user code until `Workers.release`
    streams: Streams
    runtime: str  # the folder of the service's own files
    parent: int = 0  # of a process that user code has started: who started it


@dataclass(frozen=True, slots=True)
class Heard:
    """Who hears what happens: a worker that came later, one that now stands before its user code (its process), a sentence
    for the user, and the end of the service (once, with a sentence)."""

    came: Callable[[Opened], None]
    waits: Callable[[int], None]
    said: Callable[[str], None]
    ended: Callable[[str], None]


class Workers:
    """Opens the debugger in every worker, and in those that come later, before these run any user code."""

    def __init__(self, door: Door) -> None:
        self._door = door
        # Connections cost a process each in a container, so there are two for everything: one for questions, and one for
        # events, which holds new workers as long as it is open.
        self._questions: Streams | None = None
        self._events: Streams | None = None
        self._asking = asyncio.Lock()
        self._library = self._runtime = ""
        self._children = False
        self._known: set[int] = set()
        self._listening: asyncio.Task[None] | None = None

    async def prepare(self) -> None:
        """Find out early what would go wrong: the service does not answer, a debugger is there already, debugpy cannot be
        had. Opens nothing. Raises `CannotAttach`."""
        try:
            opening = (self._door.connect(self._door.control), self._door.connect(self._door.control))
            questions, self._events = await asyncio.gather(*opening)
            self._questions = questions
            status = await self._request(questions, {"command": "status"})
            for _ in range(10):  # one that has just left is soon forgotten
                if not _attached(status):
                    break
                await asyncio.sleep(0.1)
                status = await self._request(questions, {"command": "status"})
            if _attached(status):
                raise CannotAttach(t("A debugger is already attached to '{0}'.", self._door.service), t("Disconnect it first."))
            self._library = await self._door.library(status["versions"]["python"])
        except BaseException:
            self._hang_up()
            raise

    async def start(self, heard: Heard, *, children: bool = False) -> tuple[Opened, ...]:
        """The workers that are there. ``children``: processes that user code starts too. Raises `CannotAttach`."""
        if self._events is None:
            await self.prepare()
        self._children = children
        opened = await self._all()
        self._listening = asyncio.create_task(self._listen(heard))
        return opened

    async def _all(self) -> tuple[Opened, ...]:
        """Every worker that is there; those that come later wait from now on."""
        assert self._events is not None  # noqa: S101  for the type checker
        status = await self._request(self._events, {"command": "hold"})
        if not status.get("ok"):
            raise CannotAttach(t("'{0}' was started by an older Scoredock.", self._door.service), t("Deploy it again."))
        wanted = [worker for worker in status["workers"] if worker["state"] != "retiring"]
        opened: list[Opened] = []
        try:
            for worker in wanted:
                opened.append(await self._open(worker["pid"], waiting="waiting" in worker["flags"]))
        except BaseException:
            for one in opened:
                one.streams[1].close()
            raise
        return tuple(opened)

    async def locate_run(self) -> tuple[str, int] | None:
        """File and line of the first statement of the user's `run`; ``None`` before it is loaded."""
        with suppress(CannotAttach):
            answer = await self._ask({"command": "locate"})
            if answer.get("run"):
                return answer["run"]["path"], answer["run"]["line"]
        return None

    async def release(self, pid: int) -> None:
        """Let a worker that waits go on into user code."""
        with suppress(CannotAttach):  # it has ended meanwhile
            await self._ask({"command": "continue", "worker": pid})

    async def close(self) -> None:
        """New workers wait no more, and those that wait go on."""
        if self._listening is not None:
            self._listening.cancel()
            with suppress(asyncio.CancelledError):
                await self._listening
        self._hang_up()

    def _hang_up(self) -> None:
        for streams in (self._events, self._questions):
            if streams is not None:
                streams[1].close()
        self._events = self._questions = None

    async def _listen(self, heard: Heard) -> None:
        while True:
            ending = await self._follow(heard)
            if not await self._moved(heard, patience=MOVING if ending.get("replaced") else 0.0):
                break
        name = self._door.service
        if ending.get("event") == "crashed":
            heard.ended(t("The service '{0}' has crashed; its log says why.", name))
        else:
            heard.ended(t("The service '{0}' has ended.", name))

    async def _follow(self, heard: Heard) -> dict[str, Any]:
        """Pass on what happens; how it ended: the service's last event, if it had one."""
        assert self._events is not None  # noqa: S101  for the type checker
        with suppress(ConnectionError, ValueError):
            while line := await self._events[0].readline():
                event: dict[str, Any] = json.loads(line)
                kind = event.get("event")
                if kind in ("crashed", "stopped"):
                    return event
                with suppress(CannotAttach):  # it has died already; the arbiter starts another
                    if kind == "waiting" and event["pid"] in self._known:
                        heard.waits(event["pid"])
                    elif kind == "waiting":
                        heard.came(await self._open(event["pid"], waiting=True))
                    elif kind == "child":
                        streams = await self._door.connect(event["socket"])
                        heard.came(Opened(event["pid"], False, streams, self._runtime, event["parent"]))
        return {}

    async def _moved(self, heard: Heard, patience: float) -> bool:
        """Whether another service goes on in the place of this one; then its workers are opened."""
        limit = asyncio.get_running_loop().time() + patience
        while not await self._door.again():
            if asyncio.get_running_loop().time() >= limit:
                return False
            await asyncio.sleep(0.1)
        self._hang_up()
        try:
            await self.prepare()
            opened = await self._all()
        except CannotAttach as problem:
            heard.said(str(problem))
            return False
        heard.said(t("'{0}' was deployed anew.", self._door.service))
        for one in opened:
            heard.came(one)
        return True

    async def _open(self, pid: int, *, waiting: bool) -> Opened:
        folder = self._door.control.rpartition("/")[0]
        place = {"library": self._library, "folder": folder}
        answer = await self._ask({"command": "attach", "worker": pid, **place, "children": self._children})
        streams = await self._door.connect(answer["socket"])
        self._known.add(pid)
        self._runtime = answer["runtime"]
        return Opened(pid, waiting, streams, self._runtime)

    async def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """One request to one worker; its own answer."""
        if self._questions is None:
            raise CannotAttach(t("The debugger of '{0}' is closed.", self._door.service))
        async with self._asking:
            answer = await self._request(self._questions, request)
        one: dict[str, Any] = (answer.get("workers") or [answer])[0]
        if not one.get("ok"):
            reason = t(str(one.get("error") or deferred("no reason given")))
            raise CannotAttach(t("The debugger cannot be opened in '{0}': {1}.", self._door.service, reason))
        return one

    async def _request(self, streams: Streams, request: dict[str, Any]) -> dict[str, Any]:
        reader, writer = streams
        try:
            writer.write(json.dumps(request).encode() + b"\n")
            answer: dict[str, Any] = json.loads(await within(30.0, reader.readline()))
        except (ConnectionError, ValueError, asyncio.TimeoutError) as error:
            raise CannotAttach(
                t("The service '{0}' does not answer on its control socket.", self._door.service),
                t("See its log, or start it again."),
            ) from error
        return answer


def _attached(status: dict[str, Any]) -> bool:
    return any("attached" in worker["flags"] for worker in status["workers"] if worker["state"] != "retiring")
