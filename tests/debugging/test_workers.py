"""Workers that come and go under a debugger: updates, deaths, several at once, and the start."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
import requests

from tests.debugging.scripts import SCORE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


async def test_an_update_is_debugged_with_the_same_breakpoints_from_its_first_line(serve, attach) -> None:
    service = serve(SCORE)
    await service.state("healthy")
    points = [service.line("model = None"), service.line("answer = number")]
    async with attach(service, breakpoints={service.script: points}) as client:
        Path(service.script).write_text(SCORE.replace('"weight": 2', '"weight": 3'))
        updating = service.asking({"command": "update", "deadline": 60})
        thread, frames, _ = await client.stopped()
        assert (frames[0]["name"], frames[0]["line"]) == ("<module>", points[0])
        sent = service.post({"number": 1})
        old, frames, _ = await client.stopped()
        assert old != thread, "the old code still answers, and stops too"
        await client.ask("continue", threadId=old)
        assert await sent == (200, {"answer": 2})
        await client.ask("continue", threadId=thread)
        assert (await updating)["ok"]
        sent = service.post({"number": 1})
        thread, frames, _ = await client.stopped()
        assert frames[0]["line"] == points[1]
        assert (await client.ask("evaluate", expression="model", frameId=frames[0]["id"]))["result"] == "{'weight': 3}"
        await client.ask("continue", threadId=thread)
        assert await sent == (200, {"answer": 3})
        await client.ask("disconnect")


async def test_a_worker_killed_at_a_breakpoint_is_replaced_and_debugged_again(serve, attach) -> None:
    service = serve(SCORE)
    pid = (await service.state("healthy"))["workers"][0]["pid"]
    line = service.line("answer = number")
    async with attach(service, breakpoints={service.script: [line]}) as client:
        sent = service.post({"number": 1})
        thread, _, _ = await client.stopped()
        os.kill(pid, signal.SIGKILL)
        await client.event("continued", lambda body: body["threadId"] == thread)
        await client.event("output", lambda body: "new worker" in body["output"])
        with pytest.raises(requests.ConnectionError):
            await sent
        sent = service.post({"number": 2})
        thread, frames, _ = await client.stopped()
        assert frames[0]["line"] == line
        await client.ask("continue", threadId=thread)
        assert await sent == (200, {"answer": 4})
        await client.ask("disconnect")
    assert (await service.left())["workers"][0]["pid"] != pid


async def test_several_workers_are_one_debuggee(serve, attach) -> None:
    service = serve(SCORE, WORKER_COUNT="2")
    await service.ready(2)
    line = service.line("answer = number")
    async with attach(service, breakpoints={service.script: [line]}) as client:
        sent = [service.post({"number": 1}), service.post({"number": 2})]
        first, frames, _ = await client.stopped()
        second, others, _ = await client.stopped()
        assert first != second
        names = [thread["name"] for thread in (await client.ask("threads"))["threads"]]
        assert len(names) == 2
        assert all("worker" in name for name in names)
        numbers = {(await client.locals_of(frames[0]))["number"], (await client.locals_of(others[0]))["number"]}
        assert numbers == {"1", "2"}
        await client.ask("continue", threadId=first)
        await client.ask("continue", threadId=second)
        assert sorted([(await one)[1]["answer"] for one in sent]) == [2, 4]
        await client.ask("disconnect")
    await service.left()


async def test_a_debugged_start_stops_in_module_code_and_init(serve, attach) -> None:
    service = serve(SCORE, "--wait-for-debugger")
    assert (await service.state("held"))["workers"][0]["flags"] == ["waiting"]
    points = [service.line("model = None"), service.line("model = {")]
    async with attach(service, breakpoints={service.script: points}) as client:
        thread, frames, _ = await client.stopped()
        assert (frames[0]["name"], frames[0]["line"]) == ("<module>", points[0])
        await client.ask("continue", threadId=thread)
        thread, frames, _ = await client.stopped()
        assert (frames[0]["name"], frames[0]["line"]) == ("init", points[1])
        await client.ask("continue", threadId=thread)
        await service.state("healthy")
        await client.ask("disconnect")
    assert await service.post({"number": 1}) == (200, {"answer": 2})


async def test_whoever_waits_for_a_debugger_that_died_goes_on(serve, attach) -> None:
    service = serve(SCORE, "--wait-for-debugger")
    await service.state("held")
    async with attach(service, breakpoints={service.script: [service.line("model = None")]}) as client:
        await client.stopped()
    await service.state("healthy")
    assert (await service.asking({"command": "update", "deadline": 60}))["ok"]


async def test_init_that_fails_under_the_debugger_stops_at_the_raise(serve, attach) -> None:
    service = serve(SCORE)
    await service.state("healthy")
    async with attach(service, filters=("userUnhandled",)) as client:
        Path(service.script).write_text(SCORE.replace('model = {"weight": 2}', 'raise OSError("no model")'))
        updating = service.asking({"command": "update", "deadline": 60})
        thread, frames, reason = await client.stopped()
        assert (reason, frames[0]["line"]) == ("exception", service.line("raise OSError"))
        assert frames[0]["name"].startswith("init")
        await client.ask("continue", threadId=thread)
        assert not (await updating)["ok"]
        await client.ask("disconnect")
    assert await service.post({"number": 1}) == (200, {"answer": 2})


async def test_a_service_that_ends_ends_the_session(serve, attach) -> None:
    service = serve(SCORE)
    await service.state("healthy")
    async with attach(service) as client:
        await service.ask({"command": "stop"})
        await client.event("terminated")
        await client.until_closed()
