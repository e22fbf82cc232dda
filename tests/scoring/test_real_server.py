"""Scoring against the real inference server, also from the command line: schema samples, raw bodies, whose fault an error is."""

from __future__ import annotations

import asyncio
import io
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from scoredock.cli.main import run
from scoredock.scoring.samples import sample_from_schema
from scoredock.scoring.sending import send
from scoredock.scoring.values import NoAnswer, Request

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SCHEMA = """
import numpy as np
from inference_schema.schema_decorators import input_schema
from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType

def init():
    pass

@input_schema("data", NumpyParameterType(np.array([[1.0, 2.0], [3.0, 4.0]])))
@input_schema("scale", StandardPythonParameterType(2.0))
def run(data, scale):
    return float(data.sum() * scale)
"""
RAW = """
import os
from azureml.contrib.services.aml_request import rawhttp
from azureml.contrib.services.aml_response import AMLResponse

def init():
    pass

@rawhttp
def run(request):
    if request.method == "GET":
        return AMLResponse({"query": request.args.to_dict(), "header": request.headers.get("x-extra")}, 200, json_str=True)
    body = request.get_data()
    if body == b"fail":
        raise RuntimeError("no")
    if body == b"set":
        return {1}
    if body == b"die":
        os._exit(1)
    return AMLResponse(body[::-1], 200, {"Content-Type": "image/png"})
"""

# Answers whether a second request was inside run() at the same time; waits for it until a deadline.
TOGETHER = """
import os, time
from pathlib import Path

def init():
    pass

def run(raw_data):
    mine = Path(f"inside-{os.getpid()}")
    mine.touch()
    deadline = time.monotonic() + float(raw_data)
    while time.monotonic() < deadline:
        if len(list(Path(".").glob("inside-*"))) > 1:
            return True
        time.sleep(0.02)
    mine.unlink()
    return False
"""


@pytest.fixture(scope="module")
def server_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("server")
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "-q", "--python", sys.executable, str(folder / "env")], check=True, timeout=120)
    python = folder / "env" / "bin" / "python"
    subprocess.run(
        [*uv, "pip", "install", "-q", "-p", str(python), "azureml-inference-server-http", "numpy"], check=True, timeout=250
    )
    return python


def started(python: Path, script: str, folder: Path, *more: str) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "score.py").write_text(script, encoding="utf-8")
    argv = [str(python.parent / "azmlinfsrv"), "--entry_script", "score.py", "--port", str(port), *more]
    log = folder / "log"
    with log.open("wb") as out:
        server = subprocess.Popen(argv, cwd=folder, stdout=out, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                requests.get(f"http://127.0.0.1:{port}/", timeout=20)
                break
            except requests.ConnectionError:
                assert server.poll() is None and time.monotonic() < deadline, log.read_text(encoding="utf-8")
        yield f"http://127.0.0.1:{port}/score"
    finally:
        server.terminate()
        server.wait(60)


@pytest.fixture(scope="module")
def with_schema(server_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from started(server_python, SCHEMA, tmp_path_factory.mktemp("schema"))


@pytest.fixture(scope="module")
def raw(server_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from started(server_python, RAW, tmp_path_factory.mktemp("raw"))


async def test_a_sample_is_made_from_the_decorators_and_the_script_takes_it(with_schema: str) -> None:
    sample = await sample_from_schema(with_schema)
    assert sample is not None
    assert sample.request.body == b'{"data": [[1.0, 2.0], [3.0, 4.0]], "scale": 2.0}'
    answer = await send(with_schema, sample.request)
    assert (answer.status, answer.body, answer.run_failed) == (200, b"20.0", False)
    assert answer.server_seconds is not None and 0 < answer.server_seconds < answer.seconds


async def test_a_script_without_schema_gives_no_sample(raw: str) -> None:
    assert await sample_from_schema(raw) is None


async def test_raw_bodies_queries_and_headers_reach_the_script(raw: str, tmp_path: Path) -> None:
    (tmp_path / "digit.png").write_bytes(b"\x89PNG\x00\xff")
    answer = await send(raw, Request(body=tmp_path / "digit.png"))
    assert answer.body == b"\xff\x00GNP\x89" and answer.header("content-type") == "image/png"
    answer = await send(raw, Request(method="GET", query=(("a", "1"),), headers=(("x-extra", "yes"),)))
    assert json.loads(answer.body) == {"query": {"a": "1"}, "header": "yes"}


async def test_whose_fault_an_error_is(raw: str) -> None:
    failed = await send(raw, Request(body=b"fail"))
    assert (failed.status, failed.run_failed) == (500, True)
    unserialisable = await send(raw, Request(body=b"set"))
    assert (unserialisable.status, unserialisable.run_failed) == (500, False)
    with pytest.raises(NoAnswer, match="worker ended"):
        await send(raw, Request(body=b"die"))


@pytest.mark.parametrize(("workers", "patience", "together"), [("1", 1.5, False), ("2", 30.0, True)])
async def test_requests_meet_only_with_several_workers(
    workers: str, patience: float, together: bool, server_python: Path, tmp_path: Path
) -> None:
    """What SD416 says of `max_concurrent_requests_per_instance` without WORKER_COUNT."""
    request = Request(body=str(patience).encode())
    for uri in started(server_python, TOGETHER, tmp_path, "--worker_count", workers):
        answers = await asyncio.gather(send(uri, request), send(uri, request))
        assert [json.loads(answer.body) for answer in answers] == [together, together]


def test_the_command_prints_the_answer_and_nothing_else(
    with_schema: str, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    assert run(["score", with_schema]) == 0
    captured = capfdbinary.readouterr()
    assert captured.out == b"20.0\n" and b"200 from http://127.0.0.1" in captured.err and b"from the schema" in captured.err
    body = tmp_path / "body.json"
    body.write_text('{"data": [[1, 1]], "scale": 1.0}', encoding="utf-8")
    assert run(["score", with_schema, "--data", str(body), "--json", "--output", str(tmp_path / "out")]) == 0
    document = json.loads(capfdbinary.readouterr().out)
    assert (document["status"], document["body"], document["run_failed"]) == (200, 2.0, False)
    assert (tmp_path / "out").read_bytes() == b"2.0"
    body.write_text('{"data": [[1, 1]]}', encoding="utf-8")
    assert run(["score", with_schema, "--data", str(body)]) == 1
    captured = capfdbinary.readouterr()
    assert b"scale" in captured.out and b"not what the service takes" in captured.err


def test_the_command_reads_standard_input(
    raw: str, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"abc")))
    assert run(["score", raw, "--data", "-", "--content-type", "text/plain"]) == 0
    assert capfdbinary.readouterr().out == b"cba"


def test_the_command_measures(with_schema: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["score", with_schema, "--repeat", "40", "--concurrency", "4", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["requests"], document["failed"], document["errors"]) == (40, 0, {})
    assert 0 < document["p50_seconds"] <= document["p95_seconds"] <= document["p99_seconds"]
    assert run(["score", with_schema, "--repeat", "20"]) == 0
    shown = capsys.readouterr().out
    assert "20 requests over 1 connections" in shown and "p99" in shown and "in run()" in shown


@pytest.mark.parametrize(
    "arguments",
    [["--repeat", "0"], ["--timeout", "-1"], ["--query", "x"], ["--header", "x"], ["--method", "PUT"]],
)
def test_wrong_arguments_are_usage_errors(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["score", "http://127.0.0.1:1/score", *arguments]) == 2
    assert "usage: scoredock score" in capsys.readouterr().err
