"""Processes that ``run`` starts: debugged like the rest when the client asks for it, and never stopped when it does not."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import psutil
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

SCRIPT = """\
import json
import multiprocessing
import os
import subprocess
import sys


def double(number, answers):
    doubled = number * 2
    answers.put(doubled)


def init():
    pass


def run(data):
    wish = json.loads(data)
    if "fork" in wish:
        forking = multiprocessing.get_context("fork")
        answers = forking.SimpleQueue()
        child = forking.Process(target=double, args=(wish["fork"], answers))
        child.start()
        answer = answers.get()
        child.join()
        return {"answer": answer}
    if "start" in wish:
        program = os.path.join(os.path.dirname(__file__), "child.py")
        said = subprocess.run([sys.executable, program, str(wish["start"])], stdout=subprocess.PIPE, check=True).stdout
        return {"answer": int(said)}
    return {"answer": wish["number"]}
"""
CHILD = """\
import sys

number = int(sys.argv[1])
print(number * 3)
"""


def serve_with_child(serve):
    service = serve(SCRIPT)
    child = Path(service.script).with_name("child.py")
    child.write_text(CHILD)
    return service, str(child)


async def test_a_forked_process_stops_at_a_breakpoint(serve, attach) -> None:
    service, _ = serve_with_child(serve)
    await service.state("healthy")
    line = service.line("doubled = number")
    async with attach(service, subProcess=True, breakpoints={service.script: [line, service.line('{"answer": wish')]}) as client:
        sent = service.post({"fork": 21})
        await client.event("output", lambda body: "is debugged too" in body["output"])
        thread, frames, _ = await client.stopped()
        assert (frames[0]["name"], frames[0]["line"]) == ("double", line)
        names = [one["name"] for one in (await client.ask("threads"))["threads"]]
        assert any("process" in name for name in names), names
        assert any("worker" in name for name in names), names
        await client.set_local(frames[0], "number", "50")
        await client.ask("continue", threadId=thread)
        assert await sent == (200, {"answer": 100})
        sent = service.post({"number": 1})
        thread, frames, _ = await client.stopped()
        assert frames[0]["name"] == "run", "the worker itself is debugged as before"
        await client.ask("continue", threadId=thread)
        assert await sent == (200, {"answer": 1})
        await client.ask("disconnect")
    await service.left()


async def test_a_program_stops_at_its_first_line(serve, attach) -> None:
    service, child = serve_with_child(serve)
    await service.state("healthy")
    async with attach(service, subProcess=True, breakpoints={child: [3, 4]}) as client:
        sent = service.post({"start": 7})
        thread, frames, _ = await client.stopped()
        assert (frames[0]["source"]["path"], frames[0]["line"]) == (child, 3)
        await client.ask("continue", threadId=thread)
        thread, frames, _ = await client.stopped()
        await client.set_local(frames[0], "number", "8")
        await client.ask("continue", threadId=thread)
        assert await sent == (200, {"answer": 24})
        await client.ask("disconnect")
    await service.left()
    assert await service.post({"start": 2}) == (200, {"answer": 6}), "nothing of it is left"


async def test_a_child_goes_on_when_its_client_dies(serve, attach) -> None:
    service, child = serve_with_child(serve)
    await service.state("healthy")
    async with attach(service, subProcess=True, breakpoints={child: [3]}) as client:
        sent = service.post({"start": 7})
        await client.stopped()
    assert await sent == (200, {"answer": 21})
    await service.left()


async def test_without_being_asked_for_children_run_through(serve, attach) -> None:
    service, child = serve_with_child(serve)
    await service.state("healthy")
    points = {service.script: [service.line("doubled = number")], child: [3]}
    async with attach(service, breakpoints=points) as client:
        assert await service.post({"fork": 4}) == (200, {"answer": 8})
        assert await service.post({"start": 4}) == (200, {"answer": 12})
        await client.ask("disconnect")
    assert await service.post({"fork": 4}) == (200, {"answer": 8})


async def test_whoever_does_not_know_the_secret_is_no_child(serve, attach) -> None:
    """A process of this user that finds the port: it is asked for the secret, and what it says goes nowhere."""
    service, _ = serve_with_child(serve)
    pid = (await service.state("healthy"))["workers"][0]["pid"]
    async with attach(service, subProcess=True) as client:
        listening = [c.laddr for c in psutil.Process(pid).net_connections("tcp") if c.status == psutil.CONN_LISTEN]
        (place,) = [one for one in listening if one.port != service.port]
        assert place.ip == "127.0.0.1"
        reader, writer = await asyncio.open_connection(place.ip, place.port)
        asked = json.loads((await asyncio.wait_for(reader.readuntil(b"}}"), 30)).partition(b"\r\n\r\n")[2])
        assert asked["command"] == "pydevdAuthorize"
        answer = {"type": "response", "request_seq": asked["seq"], "success": True, "body": {"clientAccessToken": "guess"}}
        body = json.dumps(answer).encode()
        writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        assert await asyncio.wait_for(reader.read(), 30) == b""
        writer.close()
        await client.ask("disconnect")
        await service.left()
    with pytest.raises(ConnectionError):
        await asyncio.open_connection(place.ip, place.port)
