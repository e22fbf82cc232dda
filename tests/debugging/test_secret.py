"""Who may use the debugger: one client, who knows the token. Nobody else gets further than the door."""

from __future__ import annotations

import asyncio
import json
import stat
from pathlib import Path

import psutil
import pytest

from scoredock.debugging.bridge import Bridge
from tests.debugging.dap import Refused, connected
from tests.debugging.scripts import SCORE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


async def test_a_second_client_is_told_so_and_the_first_goes_on(serve) -> None:
    service = serve(SCORE)
    await service.state("healthy")
    first, second = Bridge(service), Bridge(service)
    await first.open()
    await second.open()
    async with connected(first.host, first.port) as client:
        await client.start(accessToken=first.token, breakpoints={service.script: [service.line("answer = number")]})
        async with connected(first.host, first.port) as other:
            with pytest.raises(Refused, match="already connected to 'digits'"):
                await other.start(accessToken=first.token)
        async with connected(second.host, second.port) as other:
            with pytest.raises(Refused, match="already attached"):
                await other.start(accessToken=second.token)
        sent = service.post({"number": 1})
        thread, _, _ = await client.stopped()
        await client.ask("continue", threadId=thread)
        assert await sent == (200, {"answer": 2})
    await asyncio.wait_for(asyncio.gather(first.closed(), second.closed()), 30)


@pytest.mark.parametrize("token", [{}, {"accessToken": "guess"}, {"accessToken": 7}])
async def test_without_the_token_nothing_is_opened(serve, token: dict[str, object]) -> None:
    service = serve(SCORE)
    await service.state("healthy")
    bridge = Bridge(service)
    await bridge.open()
    async with connected(bridge.host, bridge.port) as client:
        with pytest.raises(Refused, match="access token"):
            await client.start(**token)
        await client.until_closed()
    assert await service.post({"look": 1}) == (200, {"watched": 0, "debugpy": False, "traced": False, "threads": ["MainThread"]})
    await bridge.close()


async def test_requests_before_the_token_are_refused(serve) -> None:
    service = serve(SCORE)
    await service.state("healthy")
    bridge = Bridge(service)
    await bridge.open()
    async with connected(bridge.host, bridge.port) as client:
        await client.ask("initialize", adapterID="scoredock")
        with pytest.raises(Refused, match="Attach first"):
            await client.ask("evaluate", expression="1")
    await bridge.close()


async def test_a_web_page_gets_no_answer(serve) -> None:
    service = serve(SCORE)
    await service.state("healthy")
    bridge = Bridge(service)
    await bridge.open()
    message = json.dumps({"seq": 1, "type": "request", "command": "initialize", "arguments": {}})
    body = f"Content-Length: {len(message)}\r\n\r\n{message}"
    reader, writer = await asyncio.open_connection(bridge.host, bridge.port)
    writer.write(f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
    assert await asyncio.wait_for(reader.read(), 30) == b""
    writer.close()
    await bridge.close()


async def test_the_port_is_there_for_this_machine_only(serve) -> None:
    service = serve(SCORE)
    bridge = Bridge(service)
    await bridge.open()
    listening = {c.laddr.ip for c in psutil.Process().net_connections("tcp") if c.laddr.port == bridge.port}
    assert listening == {"127.0.0.1"}
    await bridge.close()


async def test_the_workers_socket_is_ours_alone_and_goes_with_its_client(serve) -> None:
    service = serve(SCORE)
    pid = (await service.state("healthy"))["workers"][0]["pid"]
    folder = Path(service.control).parent
    library = await service.library((await service.state())["versions"]["python"])
    answer = await service.ask({"command": "attach", "worker": pid, "library": library, "folder": str(folder)})
    socket = Path(answer["workers"][0]["socket"])
    assert stat.S_IMODE(socket.stat().st_mode) == 0o600
    _, writer = await service.connect(str(socket))
    assert (await service.ask({"command": "attach", "worker": pid, "library": library, "folder": str(folder)}))["ok"] is False
    writer.close()
    await service.left()
    assert not socket.exists()


async def test_a_bridge_that_nobody_uses_closes(serve) -> None:
    service = serve(SCORE)
    bridge = Bridge(service, patience=0.1)
    await bridge.open()
    await asyncio.wait_for(bridge.closed(), 30)
    with pytest.raises(ConnectionError):
        await asyncio.open_connection(bridge.host, bridge.port)
