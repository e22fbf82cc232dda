"""Attach to a service that runs: what a debugger can do there, and what is left when it leaves."""

from __future__ import annotations

import pytest

from tests.debugging.scripts import SCORE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


async def test_a_changed_variable_changes_the_answer(serve, attach) -> None:
    service = serve(SCORE)
    await service.state("healthy")
    line = service.line("answer = number")
    async with attach(service, breakpoints={service.script: [line]}) as client:
        sent = service.post({"number": 21})
        thread, frames, reason = await client.stopped()
        assert reason == "breakpoint"
        assert (frames[0]["name"], frames[0]["line"]) == ("run", line)
        assert [frame["name"] for frame in frames] == ["run"], "the server's frames are not the user's"
        assert (await client.locals_of(frames[0]))["number"] == "21"
        assert (await service.state())["state"] == "held"
        await client.set_local(frames[0], "number", "100")
        assert (await client.ask("evaluate", expression="model", frameId=frames[0]["id"]))["result"] == "{'weight': 2}"
        await client.ask("next", threadId=thread)
        _, frames, reason = await client.stopped()
        assert (reason, frames[0]["line"]) == ("step", line + 1)
        await client.ask("continue", threadId=thread)
        assert await sent == (200, {"answer": 200})
        await client.ask("disconnect")
    assert await service.post({"number": 21}) == (200, {"answer": 42})
    assert (await service.left())["state"] == "healthy"


async def test_a_worker_in_the_middle_of_run_is_reached_and_left_in_the_middle(serve, attach) -> None:
    service = serve(SCORE)
    await service.state("healthy")
    sent = service.post({"spin": 300})
    pid = (await service.state("busy"))["workers"][0]["pid"]
    async with attach(service, breakpoints={service.script: [service.line('wish["turns"] =')]}) as client:
        _, frames, _ = await client.stopped()
        assert int((await client.ask("evaluate", expression="wish['turns']", frameId=frames[0]["id"]))["result"]) > 1
        await client.set_local(frames[0], "until", "0")
        await client.ask("disconnect")
    assert await sent == (200, "spun")
    assert [worker["pid"] for worker in (await service.left())["workers"]] == [pid]


async def test_pause_shows_where_a_request_hangs(serve, attach) -> None:
    service = serve(SCORE)
    await service.state("healthy")
    sent = service.post({"spin": 300})
    await service.state("busy")
    async with attach(service) as client:
        threads = (await client.ask("threads"))["threads"]
        assert [thread["name"] for thread in threads] == ["MainThread"]
        await client.ask("pause", threadId=threads[0]["id"])
        _, frames, reason = await client.stopped()
        assert (reason, frames[0]["name"]) == ("pause", "run")
        assert service.line("while") <= frames[0]["line"] <= service.line("while") + 1
        await client.set_local(frames[0], "until", "0")
        await client.ask("disconnect")
    assert await sent == (200, "spun")


async def test_nothing_is_there_before_and_nothing_slow_is_left(serve, attach) -> None:
    service = serve(SCORE)
    await service.state("healthy")
    before = await service.post({"look": 1})
    assert before == (200, {"watched": 0, "debugpy": False, "traced": False, "threads": ["MainThread"]})
    pids = set()
    for _ in range(3):
        async with attach(service, breakpoints={service.script: [service.line("answer = number")]}) as client:
            sent = service.post({"number": 1})
            thread, _, _ = await client.stopped()
            await client.ask("continue", threadId=thread)
            assert await sent == (200, {"answer": 2})
            await client.ask("disconnect")
        pids.add((await service.left())["workers"][0]["pid"])
        after = (await service.post({"look": 1}))[1]
        assert (after["watched"], after["traced"], after["threads"]) == (0, False, ["MainThread"])
    assert len(pids) == 1, "the worker keeps its state"


async def test_a_client_that_dies_lets_everything_go(serve, attach) -> None:
    service = serve(SCORE)
    await service.state("healthy")
    async with attach(service, breakpoints={service.script: [service.line("answer = number")]}) as client:
        sent = service.post({"number": 1})
        await client.stopped()
    assert await sent == (200, {"answer": 2})
    await service.left()


async def test_conditions_hit_counts_and_log_points(serve, attach) -> None:
    service = serve(SCORE)
    await service.state("healthy")
    line = service.line("answer = number")
    points = [{"line": line, "condition": "number > 2"}, {"line": line + 1, "logMessage": "answer is {answer}"}]
    async with attach(service, breakpoints={service.script: points}) as client:
        assert await service.post({"number": 1}) == (200, {"answer": 2})
        said = await client.event("output", lambda body: "answer is" in body["output"])
        assert said["output"].strip() == "answer is 2"
        sent = service.post({"number": 3})
        thread, frames, _ = await client.stopped()
        assert frames[0]["line"] == line
        await client.ask("continue", threadId=thread)
        assert (await sent)[1] == {"answer": 6}
        await client.ask("disconnect")


async def test_an_error_in_run_stops_at_the_raise_though_the_server_catches_it(serve, attach) -> None:
    service = serve(SCORE)
    await service.state("healthy")
    async with attach(service, filters=("userUnhandled",)) as client:
        sent = service.post({"fail": "no such digit"})
        thread, frames, reason = await client.stopped()
        assert (reason, frames[0]["line"]) == ("exception", service.line("raise ValueError"))
        told = await client.ask("exceptionInfo", threadId=thread)
        assert "no such digit" in told["description"]
        await client.ask("continue", threadId=thread)
        assert (await sent)[0] == 500
        await client.ask("disconnect")


async def test_stop_on_raise_needs_no_filter_of_the_client(serve, attach) -> None:
    service = serve(SCORE)
    await service.state("healthy")
    async with attach(service, stopOnRaise=True) as client:
        sent = service.post({"fail": "again"})
        thread, frames, reason = await client.stopped()
        assert (reason, frames[0]["line"]) == ("exception", service.line("raise ValueError"))
        await client.ask("continue", threadId=thread)
        assert (await sent)[0] == 500
        await client.ask("disconnect")


async def test_a_sample_stops_at_the_first_line_of_run_once(serve, attach) -> None:
    service = serve(SCORE)
    await service.state("healthy")
    async with attach(service, stopAtRun=True) as client:
        sent = service.post({"number": 4})
        thread, frames, _ = await client.stopped()
        assert (frames[0]["name"], frames[0]["line"]) == ("run", service.line("wish = json"))
        await client.ask("continue", threadId=thread)
        assert await sent == (200, {"answer": 8})
        assert await service.post({"number": 5}) == (200, {"answer": 10})
        await client.ask("disconnect")


async def test_the_first_line_of_run_is_left_alone_where_the_user_has_breakpoints(serve, attach) -> None:
    service = serve(SCORE)
    await service.state("healthy")
    line = service.line("answer = number")
    async with attach(service, stopAtRun=True, breakpoints={service.script: [line]}) as client:
        sent = service.post({"number": 4})
        thread, frames, _ = await client.stopped()
        assert frames[0]["line"] == line
        await client.ask("continue", threadId=thread)
        await sent
        await client.ask("disconnect")


async def test_nothing_a_client_sends_ends_the_service(serve, attach) -> None:
    service = serve(SCORE)
    pid = (await service.state("healthy"))["workers"][0]["pid"]
    async with attach(service) as client:
        await client.ask("disconnect", terminateDebuggee=True)
    async with attach(service) as client:
        await client.ask("terminate")
    assert await service.post({"number": 1}) == (200, {"answer": 2})
    assert (await service.left())["workers"][0]["pid"] == pid


async def test_a_request_on_its_way_to_a_breakpoint_is_not_left_hanging(serve, attach) -> None:
    """The client leaves while the condition of a breakpoint is computed: the stop that follows has nobody to end it."""
    service = serve(SCORE)
    await service.state("healthy")
    slow = "__import__('time').sleep(5) or True"
    point = {"line": service.line("answer = number"), "condition": slow}
    for leave in ("disconnect", ""):
        async with attach(service, breakpoints={service.script: [point]}) as client:
            sent = service.post({"number": 1})
            await service.state("busy")
            if leave:
                await client.ask(leave)
        assert await sent == (200, {"answer": 2})
        await service.left()
