"""An engine that starts nothing inside containers: the way in is a second port of 127.0.0.1, with a secret before it."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from scoredock.debugging.attach import attach
from scoredock.engine import containers
from scoredock.engine.connection import connect
from scoredock.hosting import docker_stock
from scoredock.hosting.docker_layout import RELAY_PORT, RELAY_SECRET
from tests.debugging.dap import connected
from tests.debugging.test_engines import SCRIPT, line_of, start
from tests.hosting.conftest import docker_kit, interpreter  # noqa: F401  fixtures of the engines
from tests.hosting.kit import Kit, post

pytestmark = [pytest.mark.slow, pytest.mark.docker, pytest.mark.timeout(240)]


class Guard:
    """A proxy before the engine's socket that lets everything through but ``exec``: one request for each connection."""

    def __init__(self, path: Path) -> None:
        self.refused = 0
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError), client, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as engine:
            asked = b""
            while b"\r\n\r\n" not in asked:
                piece = client.recv(65536)
                if not piece:
                    return
                asked += piece
            head, _, rest = asked.partition(b"\r\n\r\n")
            first, *headers = head.split(b"\r\n")
            if re.search(rb"/exec(/|$| |\?)", first):
                self.refused += 1
                client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            engine.connect("/var/run/docker.sock")
            kept = [header for header in headers if not header.lower().startswith(b"connection:")]
            engine.sendall(b"\r\n".join([first, *kept, b"Connection: close"]) + b"\r\n\r\n" + rest)
            threading.Thread(target=_pass, args=(client, engine), daemon=True).start()
            _pass(engine, client)


def _pass(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@pytest.fixture
def guard(monkeypatch: pytest.MonkeyPatch) -> Iterator[Guard]:
    with tempfile.TemporaryDirectory(prefix="sd") as folder:
        path = Path(folder) / "engine"
        made = Guard(path)
        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        yield made
        made.close()


async def test_the_debugger_comes_in_by_the_second_port(guard: Guard, docker_kit: Kit) -> None:  # noqa: F811
    kit = docker_kit
    kit.write(SCRIPT)
    service = await kit.engine.deploy(kit.plan())
    attachment = await attach(kit.name)
    try:
        async with connected(attachment.host, attachment.port) as client:
            line = line_of(kit, "answer = number")
            await start(client, attachment, kit, line)
            sent = asyncio.create_task(asyncio.to_thread(post, service, '{"number": 21}'))
            thread, frames, _ = await client.stopped()
            assert (Path(frames[0]["source"]["path"]), frames[0]["line"]) == (kit.script, line)
            await client.set_local(frames[0], "number", "4")
            await client.ask("continue", threadId=thread)
            assert await sent == {"answer": 8}
            kit.edit("weight = 2", "weight = 3")
            await kit.engine.update(kit.name)
            await client.event("output", lambda body: "new worker" in body["output"])
            await client.ask("disconnect")
    finally:
        await attachment.close()
    assert await asyncio.to_thread(post, service, '{"number": 2}') == {"answer": 6}
    assert guard.refused > 0, "the engine was asked, and forbade it"


async def test_nobody_comes_in_without_the_secret(guard: Guard, docker_kit: Kit) -> None:  # noqa: F811
    await docker_kit.engine.deploy(docker_kit.plan())
    connection = connect()
    stock = await docker_stock.look(connection)
    row = stock.current(docker_kit.name)
    assert row is not None
    bindings = connection.api.inspect_container(row.record.port_container)["NetworkSettings"]["Ports"][f"{RELAY_PORT}/tcp"]
    assert {binding["HostIp"] for binding in bindings} == {"127.0.0.1"}
    secret = containers.read_file(connection, row.record.port_container, RELAY_SECRET)
    assert secret is not None
    wishes = {
        "guess": {"token": "0" * 64, "connect": str(row.record.control)},
        "nothing": {},
        "another file": {"token": secret.decode(), "connect": "/var/run/docker.sock"},
    }
    for wish in wishes.values():
        reader, writer = await asyncio.open_connection("127.0.0.1", row.record.relay)
        writer.write(json.dumps(wish).encode() + b'\n{"command": "status"}\n')
        answer = b""
        with suppress(ConnectionError):
            answer = await asyncio.wait_for(reader.read(), 30)
        assert answer == b""
        writer.close()
    connection.close()


async def test_where_exec_may_be_used_nothing_more_is_published(docker_kit: Kit) -> None:  # noqa: F811
    service = await docker_kit.engine.deploy(docker_kit.plan())
    connection = connect()
    row = (await docker_stock.look(connection)).current(docker_kit.name)
    assert row is not None
    for container in (row.container.id, row.record.port_container):
        ports = connection.api.inspect_container(container)["NetworkSettings"]["Ports"] or {}
        published = [(one["HostIp"], int(one["HostPort"])) for bindings in ports.values() for one in bindings or ()]
        assert published == ([("127.0.0.1", service.port)] if container == row.record.port_container else [])
    connection.close()
