"""The list of services against what happens meanwhile, with engines that answer when the test says so."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from scoredock.finding import Finding
from scoredock.hosting import services as hosting
from scoredock.hosting.values import Event, Service, State
from scoredock.lsp import protocol, tools
from scoredock.lsp.protocol import ServiceList, ServiceUpdated
from scoredock.lsp.watching import Watching
from scoredock.patience import within

SERVICE = Service(
    name="digits",
    target="process",
    state=State.HEALTHY,
    port=5001,
    project_file=Path("/project/deployment.yml"),
    entry_script=Path("/project/score.py"),
    environment_key="0123",
    started_at=0.0,
    identity="7:1.0",
    generation=1,
    exit_reason="",
)


class Engines:
    """What the engines know; ``hold`` keeps an answer back that was given already."""

    def __init__(self) -> None:
        self.now: tuple[Service, ...] = (SERVICE,)
        self.hold: asyncio.Event | None = None
        self.listened: asyncio.Queue[tuple[str, float | None]] = asyncio.Queue()

    async def list_services(self) -> tuple[Service, ...]:
        answer, hold = self.now, self.hold
        if hold is not None:
            await hold.wait()
        return answer

    async def events(self, name: str) -> AsyncIterator[Event]:
        await asyncio.Event().wait()
        yield  # type: ignore[misc]

    async def findings(self, name: str, *, since: float | None = None) -> AsyncIterator[Finding]:
        self.listened.put_nowait((name, since))
        await asyncio.Event().wait()
        yield  # type: ignore[misc]

    async def until_held(self, task: asyncio.Task[Any]) -> None:
        for _ in range(3):  # turns of the loop
            await asyncio.sleep(0)
        assert not task.done()


class Packages:
    """What the services run with, known when the test says so."""

    def __init__(self) -> None:
        self.known = asyncio.Event()

    async def of(self, services: tuple[Service, ...]) -> dict[str, int]:
        await self.known.wait()
        return {service.name: service.generation for service in services}


class Client:
    """What the client and the analysis were told."""

    def __init__(self) -> None:
        self.updates: list[ServiceUpdated] = []
        self.lists: list[list[int]] = []
        self.run: list[dict[str, int]] = []
        self.tasks: list[asyncio.Task[Any]] = []

    def tell(self, method: str, value: object) -> None:
        if method == protocol.SERVICE_UPDATED:
            assert isinstance(value, ServiceUpdated)
            self.updates.append(value)
        if method == protocol.SERVICES_CHANGED:
            assert isinstance(value, ServiceList)
            self.lists.append([service.generation for service in value.services])

    def in_background(self, work: Any) -> asyncio.Task[Any]:
        self.tasks.append(asyncio.ensure_future(work))
        return self.tasks[-1]


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> Engines:
    made = Engines()
    for name in ("list_services", "events", "findings"):
        monkeypatch.setattr(hosting, name, getattr(made, name))
    monkeypatch.setattr(tools, "at_hand", lambda: True)
    return made


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    made = Client()
    yield made
    for task in made.tasks:
        task.cancel()
    await asyncio.gather(*made.tasks, return_exceptions=True)


@pytest.fixture
def watching(engines: Engines, client: Client) -> Watching:
    server: Any = SimpleNamespace(
        tell=client.tell,
        refresh_views=lambda: None,
        in_background=client.in_background,
        analysis=SimpleNamespace(services_run=client.run.append),
        store=SimpleNamespace(put=lambda *_: None, publish=lambda *_: None),
        documents=SimpleNamespace(uri=Path.as_uri),
    )
    made = Watching(server)
    made._packages = Packages()  # type: ignore[assignment]
    made._packages.known.set()  # type: ignore[attr-defined]
    return made


def new_code(service: Service) -> Service:
    return replace(service, generation=service.generation + 1)


async def test_a_list_that_was_asked_for_before_an_update_does_not_announce_it_again(engines, client, watching) -> None:
    await watching.refresh()
    engines.hold = asyncio.Event()
    before = asyncio.create_task(watching.refresh())
    await engines.until_held(before)
    engines.now = (new_code(SERVICE),)
    with watching.updating("digits"):
        watching.updated(new_code(SERVICE), 0.05)
    engines.hold.set()
    await before
    await watching.refresh()
    assert [update.seconds for update in client.updates] == [0.05]


async def test_a_list_that_is_quicker_than_the_update_leaves_the_word_to_it(engines, client, watching) -> None:
    await watching.refresh()
    with watching.updating("digits"):
        engines.now = (new_code(SERVICE),)
        await watching.refresh()
        watching.updated(new_code(SERVICE), 0.05)
    await watching.refresh()
    assert [update.seconds for update in client.updates] == [0.05]


async def test_an_update_from_elsewhere_is_announced_once(engines, client, watching) -> None:
    await watching.refresh()
    engines.now = (new_code(SERVICE),)
    await watching.refresh()
    await watching.refresh()
    assert [(update.name, update.seconds) for update in client.updates] == [("digits", None)]


async def test_an_older_answer_that_comes_later_is_dropped(engines, client, watching) -> None:
    engines.hold = asyncio.Event()
    older = asyncio.create_task(watching.refresh())
    await engines.until_held(older)
    held, engines.hold = engines.hold, None
    engines.now = (new_code(SERVICE),)
    await watching.refresh()
    held.set()
    assert [service.generation for service in await older] == [2]
    assert client.lists == [[2]]


async def test_another_run_of_that_name_is_listened_to_at_once_and_from_its_beginning(engines, client, watching) -> None:
    await watching.refresh()
    assert await within(10, engines.listened.get()) == ("digits", None)
    again = replace(SERVICE, identity="8:2.0", started_at=time.time())
    engines.now = (again,)
    await watching.refresh()
    assert await within(10, engines.listened.get()) == ("digits", again.started_at)
    await watching.refresh()
    assert engines.listened.empty()
    assert not client.updates
    engines.now = (new_code(again),)
    await watching.refresh()
    assert len(client.updates) == 1, "its generations are counted anew"


async def test_what_the_services_run_with_is_told_though_who_asked_first_has_gone(engines, client, watching) -> None:
    packages: Any = watching._packages
    packages.known.clear()
    first = asyncio.create_task(watching.refresh())
    await engines.until_held(first)
    first.cancel()
    packages.known.set()
    await watching.refresh()
    assert client.run == [{"digits": 1}]
