"""Requests reach the service as they were meant, and every failure is one sentence."""

from __future__ import annotations

import asyncio
import gc
import json
import socket
import threading
import tracemalloc
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from scoredock.scoring.sending import send
from scoredock.scoring.values import NoAnswer, Request, ScoringProblem

Serve = Callable[[Callable[[BaseHTTPRequestHandler], None]], str]


def reply(handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
    handler.send_response(status)
    for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def echo(handler: BaseHTTPRequestHandler) -> None:
    body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
    seen = {"method": handler.command, "path": handler.path, "headers": dict(handler.headers), "body": body.decode("latin-1")}
    reply(handler, 200, json.dumps(seen).encode(), {"x-ms-run-fn-exec-ms": "12.5", "x-ms-run-function-failed": "False"})


async def test_json_goes_out_as_json_and_the_server_time_comes_back(serve: Serve) -> None:
    answer = await send(serve(echo), Request(body=b'{"data": 1}', headers=(("x-request-id", "7"),)))
    seen = json.loads(answer.body)
    assert (seen["method"], seen["path"], seen["body"]) == ("POST", "/score", '{"data": 1}')
    assert seen["headers"]["Content-Type"] == "application/json" and seen["headers"]["x-request-id"] == "7"
    assert answer.ok and answer.server_seconds == 0.0125 and answer.run_failed is False
    assert answer.seconds > 0


async def test_a_file_is_sent_as_it_is_with_the_type_its_name_tells(serve: Serve, tmp_path: Path) -> None:
    image = tmp_path / "digit.png"
    image.write_bytes(bytes(range(256)))
    seen = json.loads((await send(serve(echo), Request(body=image))).body)
    assert seen["headers"]["Content-Type"] == "image/png" and seen["headers"]["Content-Length"] == "256"
    assert seen["body"].encode("latin-1") == bytes(range(256))
    seen = json.loads((await send(serve(echo), Request(body=image, content_type="application/x-raw"))).body)
    assert seen["headers"]["Content-Type"] == "application/x-raw"


async def test_a_get_carries_its_input_in_the_query(serve: Serve) -> None:
    request = Request(method="GET", query=(("a", "1"), ("a", "x y"), ("b", "&")))
    seen = json.loads((await send(serve(echo), request)).body)
    assert (seen["method"], seen["path"]) == ("GET", "/score?a=1&a=x+y&b=%26")
    assert "Content-Type" not in seen["headers"]


async def test_a_failing_run_is_told_from_a_failing_request(serve: Serve) -> None:
    uri = serve(lambda handler: reply(handler, 500, b"{}", {"x-ms-run-function-failed": "True"}))
    answer = await send(uri, Request(body=b"{}"))
    assert not answer.ok and answer.run_failed is True and answer.server_seconds is None


async def test_nobody_there_is_said(serve: Serve) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: a connection is refused
        with pytest.raises(ScoringProblem, match=r"Nothing answers at http://127\.0\.0\.1"):
            await send(f"http://127.0.0.1:{taken.getsockname()[1]}/score", Request(body=b"{}"))


async def test_a_worker_that_dies_is_said(serve: Serve) -> None:
    def die(handler: BaseHTTPRequestHandler) -> None:
        handler.connection.shutdown(socket.SHUT_RDWR)

    with pytest.raises(NoAnswer, match="worker ended"):
        await send(serve(die), Request(body=b"{}"))


async def test_time_runs_out_and_a_cancelled_request_ends_at_once(serve: Serve) -> None:
    arrived, over = threading.Event(), threading.Event()

    def hang(handler: BaseHTTPRequestHandler) -> None:
        arrived.set()
        over.wait(120)

    uri = serve(hang)
    try:
        with pytest.raises(NoAnswer, match=r"within 0\.2 s"):
            await send(uri, Request(body=b"{}", timeout=0.2))
        arrived.clear()
        before = threading.active_count()
        task = asyncio.create_task(send(uri, Request(body=b"{}")))
        assert await asyncio.to_thread(arrived.wait, 60)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 60)
        assert threading.active_count() <= before + 2
    finally:
        over.set()


async def test_a_request_that_is_cancelled_twice_leaves_nothing_behind(serve: Serve, complaints: list[dict[str, Any]]) -> None:
    arrived, over = threading.Event(), threading.Event()

    def hang(_: BaseHTTPRequestHandler) -> None:
        arrived.set()
        over.wait(120)

    task = asyncio.create_task(send(serve(hang), Request(body=b"{}")))
    try:
        assert await asyncio.to_thread(arrived.wait, 60)
        task.cancel()
        await asyncio.sleep(0)  # a turn of the loop: it waits for its thread by now
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()
        await asyncio.wait(asyncio.all_tasks() - {asyncio.current_task()} or {task}, timeout=60)
    finally:
        over.set()
    del task
    gc.collect()
    assert not complaints


async def test_what_cannot_be_sent_is_one_sentence(serve: Serve, tmp_path: Path) -> None:
    uri = serve(echo)
    with pytest.raises(ScoringProblem, match="cannot be read: No such file"):
        await send(uri, Request(body=tmp_path / "missing.json"))
    with pytest.raises(ScoringProblem, match="cannot be sent"):
        await send(uri, Request(body=b"", headers=(("bad\nname", "x"),)))


async def test_a_hundred_megabytes_from_a_file_are_never_held_in_memory(serve: Serve, tmp_path: Path) -> None:
    size = 100 * 1024 * 1024
    big = tmp_path / "big.bin"
    with big.open("wb") as file:
        file.truncate(size)

    def swallow(handler: BaseHTTPRequestHandler) -> None:
        left = int(handler.headers["Content-Length"])
        while left:
            left -= len(handler.rfile.read1(min(left, 65536)))
        reply(handler, 200, b"done")

    tracemalloc.start()
    try:
        answer = await send(serve(swallow), Request(body=big))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert answer.body == b"done"
    assert peak < 5 * 1024 * 1024, f"{peak} bytes at the peak"
