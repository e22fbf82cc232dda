"""Attach to a service that runs: breakpoints, stepping, variables, and what is left when the debugger leaves."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

SCRIPT = """\
import json
import time

model = None


def init():
    global model
    model = {"weight": 2}


def run(data):
    wish = json.loads(data)
    if "spin" in wish:
        until = time.time() + wish["spin"]
        while time.time() < until:
            wish["turns"] = wish.get("turns", 0) + 1
        return "spun"
    if "fail" in wish:
        raise ValueError(wish["fail"])
    number = wish["number"]
    answer = number * model["weight"]
    return {"answer": answer}
"""


async def test_a_breakpoint_stops_run_and_a_changed_variable_changes_the_answer(serve, attach) -> None:
    service = serve(SCRIPT)
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
        scopes = (await client.ask("scopes", frameId=frames[0]["id"]))["scopes"]
        await client.ask("setVariable", variablesReference=scopes[0]["variablesReference"], name="number", value="100")
        assert (await client.ask("evaluate", expression="model", frameId=frames[0]["id"]))["result"] == "{'weight': 2}"
        await client.ask("next", threadId=thread)
        _, frames, reason = await client.stopped()
        assert (reason, frames[0]["line"]) == ("step", line + 1)
        await client.ask("continue", threadId=thread)
        assert await sent == (200, {"answer": 200})
        await client.ask("disconnect")
    assert await service.post({"number": 21}) == (200, {"answer": 42})
    assert (await service.left())["state"] == "healthy"
