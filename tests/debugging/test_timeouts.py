"""A request under the debugger has all the time of the world; afterwards the deployment's limits count again."""

from __future__ import annotations

import pytest

from tests.debugging.scripts import SCORE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


async def test_the_servers_and_the_workers_timeouts_wait(serve, attach) -> None:
    service = serve(SCORE, SCORING_TIMEOUT_MS="1000", WORKER_TIMEOUT="2")
    pid = (await service.state("healthy"))["workers"][0]["pid"]
    async with attach(service, breakpoints={service.script: [service.line("answer = number")]}) as client:
        sent = service.post({"number": 1})
        thread, _, _ = await client.stopped()
        await service.in_state_for(4.0)
        await client.ask("continue", threadId=thread)
        assert await sent == (200, {"answer": 2})
        assert await service.post({"spin": 1.5}) == (200, "spun")
        await client.ask("disconnect")
    assert (await service.left())["workers"][0]["pid"] == pid
    status, answer = await service.post({"spin": 1.5})
    assert status == 500
    assert "Scoring timeout" in answer["message"]


async def test_a_request_that_was_in_flight_gets_the_rest_of_its_time(serve, attach) -> None:
    service = serve(SCORE, SCORING_TIMEOUT_MS="10000")
    # The first attach of all fetches the debugger, which may take longer than the request has.
    await service.library((await service.state("healthy"))["versions"]["python"])
    sent = service.post({"spin": 60})
    await service.state("busy")
    async with attach(service, breakpoints={service.script: [service.line('wish["turns"] =')]}) as client:
        await client.stopped()
        await service.in_state_for(11.0)
        await client.ask("disconnect")
    status, answer = await sent
    assert status == 500
    assert "Scoring timeout" in answer["message"]
    assert await service.post({"number": 1}) == (200, {"answer": 2})
