"""The same in every engine: attach by name, stop in the user's own file, see a changed answer, survive an update."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from scoredock.debugging.attach import Attachment, attach
from scoredock.debugging.workers import CannotAttach
from scoredock.hosting.values import ServiceProblem, State
from tests.debugging.dap import Client, Refused, connected
from tests.hosting.conftest import docker_kit, interpreter, kit, process_kit  # noqa: F401  fixtures of the engines
from tests.hosting.kit import Kit, post

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

SCRIPT = """\
import json

import flask


def init():
    global weight
    weight = 2


def run(data):
    number = json.loads(data)["number"]
    answer = number * weight
    return {"answer": answer}
"""


def line_of(kit: Kit, text: str) -> int:  # noqa: F811
    return next(n for n, line in enumerate(kit.script.read_text().splitlines(), 1) if text in line)


@pytest.fixture
async def open_attachments() -> AsyncIterator[list[Attachment]]:
    made: list[Attachment] = []
    yield made
    for attachment in made:
        await attachment.close()


async def start(client: Client, attachment: Attachment, kit: Kit, *lines: int, **more: object) -> None:  # noqa: F811
    await client.start(accessToken=attachment.token, breakpoints={str(kit.script): list(lines)}, **more)


async def test_attach_by_name(kit: Kit, open_attachments: list[Attachment]) -> None:  # noqa: F811
    kit.write(SCRIPT)
    service = await kit.engine.deploy(kit.plan())
    line = line_of(kit, "answer = number")
    attachment = await attach(kit.name)
    open_attachments.append(attachment)
    async with connected(attachment.host, attachment.port) as client:
        await start(client, attachment, kit, line)
        sent = asyncio.create_task(asyncio.to_thread(post, service, '{"number": 21}'))
        thread, frames, _ = await client.stopped()
        assert Path(frames[0]["source"]["path"]) == kit.script, "the user's own file, wherever the service has it"
        assert frames[0]["line"] == line
        found = await kit.fresh().find(kit.name)
        assert found is not None
        assert found.state is State.HELD
        with pytest.raises(CannotAttach, match="already attached"):
            await attach(kit.name)
        scopes = (await client.ask("scopes", frameId=frames[0]["id"]))["scopes"]
        await client.ask("setVariable", variablesReference=scopes[0]["variablesReference"], name="number", value="4")
        await client.ask("continue", threadId=thread)
        assert await sent == {"answer": 8}
        kit.edit("weight = 2", "weight = 3")
        updating = asyncio.create_task(kit.engine.update(kit.name))
        await client.event("output", lambda body: "new worker" in body["output"])
        await updating
        sent = asyncio.create_task(asyncio.to_thread(post, service, '{"number": 1}'))
        thread, frames, _ = await client.stopped()
        assert (frames[0]["line"], (await client.locals_of(frames[0]))["number"]) == (line, "1")
        await client.ask("continue", threadId=thread)
        assert await sent == {"answer": 3}
        await client.ask("disconnect")
    await asyncio.wait_for(attachment.closed(), 30)
    assert await asyncio.to_thread(post, service, '{"number": 2}') == {"answer": 6}


async def test_a_service_that_is_deployed_anew_stays_under_the_debugger(kit: Kit, open_attachments: list[Attachment]) -> None:  # noqa: F811
    kit.write(SCRIPT)
    await kit.engine.deploy(kit.plan())
    line = line_of(kit, "answer = number")
    attachment = await attach(kit.name)
    open_attachments.append(attachment)
    async with connected(attachment.host, attachment.port) as client:
        await start(client, attachment, kit, line)
        kit.edit("weight = 2", "weight = 3")
        service = await kit.engine.deploy(kit.plan(environment_variables=(("NEW", "1"),)))
        await client.event("output", lambda body: "deployed anew" in body["output"])
        await client.event("output", lambda body: "new worker" in body["output"])
        sent = asyncio.create_task(asyncio.to_thread(post, service, '{"number": 5}'))
        thread, frames, _ = await client.stopped()
        assert (frames[0]["line"], (await client.locals_of(frames[0]))["number"]) == (line, "5")
        await client.ask("continue", threadId=thread)
        assert await sent == {"answer": 15}
        await client.ask("disconnect")
    await asyncio.wait_for(attachment.closed(), 30)


async def test_a_service_that_is_stopped_ends_its_session(kit: Kit, open_attachments: list[Attachment]) -> None:  # noqa: F811
    kit.write(SCRIPT)
    await kit.engine.deploy(kit.plan())
    attachment = await attach(kit.name)
    open_attachments.append(attachment)
    async with connected(attachment.host, attachment.port) as client:
        await start(client, attachment, kit)
        await kit.engine.stop(kit.name)
        await client.event("terminated")
        await client.until_closed()


async def test_libraries_can_be_read_where_they_are_stepped_into(kit: Kit, open_attachments: list[Attachment]) -> None:  # noqa: F811
    kit.write(SCRIPT.replace("number = json", 'flask.jsonify({"a": 1})\n    number = json'))
    service = await kit.engine.deploy(kit.plan())
    attachment = await attach(kit.name)
    open_attachments.append(attachment)
    async with connected(attachment.host, attachment.port) as client:
        await start(client, attachment, kit, line_of(kit, "flask.jsonify"), justMyCode=False)
        sent = asyncio.create_task(asyncio.to_thread(post, service, '{"number": 21}'))
        thread, _, _ = await client.stopped()
        await client.ask("stepIn", threadId=thread)
        _, frames, _ = await client.stopped()
        source = frames[0]["source"]
        assert frames[0]["name"] == "jsonify"
        if source.get("sourceReference"):
            text = (await client.ask("source", source=source, sourceReference=source["sourceReference"]))["content"]
        else:
            text = Path(source["path"]).read_text()
        assert "def jsonify" in text
        assert not [frame["name"] for frame in frames if Path(frame["source"]["path"]).parent.name == "runtime"]
        await client.ask("disconnect")
    assert await sent == {"answer": 42}


async def test_a_start_that_waits(kit: Kit, open_attachments: list[Attachment]) -> None:  # noqa: F811
    kit.write(SCRIPT)
    service = await kit.engine.deploy(kit.plan(debug="wait"))
    assert service.state is State.HELD
    attachment = await attach(kit.name)
    open_attachments.append(attachment)
    async with connected(attachment.host, attachment.port) as client:
        await start(client, attachment, kit, line_of(kit, "import flask"), line_of(kit, "weight = 2"))
        for name in ("<module>", "init"):
            thread, frames, _ = await client.stopped()
            assert frames[0]["name"] == name
            await client.ask("continue", threadId=thread)
        assert await asyncio.to_thread(post, service, '{"number": 2}') == {"answer": 4}
        await client.ask("disconnect")


async def test_the_command_prints_configurations_and_ends_with_its_client(process_kit: Kit) -> None:  # noqa: F811
    process_kit.write(SCRIPT)
    await process_kit.engine.deploy(process_kit.plan())
    command = [sys.executable, "-m", "scoredock", "attach", process_kit.name, "--json"]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    text = b""
    while not text.endswith(b"\n}\n"):
        text += await asyncio.wait_for(process.stdout.readline(), 30)
    told = json.loads(text)
    for configuration in (told["configurations"]["vscode"], told["configurations"]["pycharm"]["parameters"]):
        assert configuration["accessToken"] == told["accessToken"]
    for configuration in (told["configurations"]["neovim"], told["configurations"]["emacs"]):
        assert told["accessToken"] in configuration
        assert str(told["port"]) in configuration
    async with connected(told["host"], told["port"]) as client:
        with pytest.raises(Refused):
            await client.start(accessToken="")
    async with connected(told["host"], told["port"]) as client:
        given = told["configurations"]["vscode"]
        await client.start(**{key: value for key, value in given.items() if key not in ("name", "type", "request")})
        await client.ask("disconnect")
    assert await asyncio.wait_for(process.wait(), 30) == 0


async def test_what_does_not_run_cannot_be_attached_to(process_kit: Kit) -> None:  # noqa: F811
    with pytest.raises(ServiceProblem, match="no service 'nobody'"):
        await attach("nobody")
    process_kit.write(SCRIPT)
    await process_kit.engine.deploy(process_kit.plan())
    await process_kit.engine.stop(process_kit.name)
    with pytest.raises(CannotAttach, match="does not run"):
        await attach(process_kit.name)
