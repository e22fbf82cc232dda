"""A service of ours and plain `azmlinfsrv`, side by side: same interpreter, same script, same model."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scoredock.environment.sync import read_specification, sync
from scoredock.folders import cache_folder
from scoredock.hosting.process import ProcessEngine
from scoredock.hosting.values import Plan, Service
from scoredock.project.values import Project, RequirementsFile, Source

# What most scoring scripts look like: a scikit-learn model, one row, one answer.
SCRIPT = """\
import json

import joblib
import numpy as np
from sklearn.linear_model import LogisticRegression

VERSION = 1


def init():
    global model
    model = LogisticRegression().fit(np.eye(4), [0, 1, 0, 1])


def run(raw_data):
    rows = np.array(json.loads(raw_data)["data"])
    return {"version": VERSION, "predictions": model.predict(rows).tolist()}
"""
BODY = b'{"data": [[0, 1, 0, 1]]}'


@dataclass
class Scene:
    """One project folder and the interpreter for it."""

    folder: Path
    interpreter: Path
    engine: ProcessEngine

    @property
    def script(self) -> Path:
        return self.folder / "score.py"

    def save(self, version: int) -> None:
        self.script.write_text(SCRIPT.replace("VERSION = 1", f"VERSION = {version}"), encoding="utf-8")

    def deploy(self) -> Service:
        project = Project(
            file=self.script, source=Source.INFERRED, name="bench", code=self.folder, entry_script=self.script, import_roots=()
        )
        return asyncio.run(self.engine.deploy(Plan(project, "bench", self.interpreter, "bench")))


@contextmanager
def scene() -> Iterator[Scene]:
    """A project whose environment is synced (once for all runs) and whose libraries have their bytecode."""
    cache = cache_folder()
    with tempfile.TemporaryDirectory(prefix="sd-") as folder:
        home = Path(folder) / "home"
        home.mkdir()
        cache.mkdir(parents=True, exist_ok=True)
        (home / "cache").symlink_to(cache)
        kept = {name: os.environ.get(name) for name in ("SCOREDOCK_HOME", "PYTHONDONTWRITEBYTECODE")}
        os.environ["SCOREDOCK_HOME"] = str(home)
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        code = Path(folder) / "code"
        code.mkdir()
        try:
            file = Path(folder) / "requirements.txt"
            file.write_text("azureml-inference-server-http\nscikit-learn\n", encoding="utf-8")
            ready = asyncio.run(sync(read_specification(RequirementsFile(file))))
            made = Scene(code, ready.interpreter, ProcessEngine())
            made.save(1)
            try:
                yield made
            finally:
                asyncio.run(made.engine.delete("bench"))
        finally:
            for name, value in kept.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value


@contextmanager
def plain_server(made: Scene) -> Iterator[int]:
    """`azmlinfsrv` with the scene's script; yields its port when it has answered."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = start_plain(made, port)
    try:
        yield port
    finally:
        stop_plain(server)


def start_plain(made: Scene, port: int) -> subprocess.Popen[bytes]:
    argv = [str(made.interpreter.parent / "azmlinfsrv"), "--entry_script", "score.py", "--port", str(port)]
    with (made.folder.parent / "plain.log").open("wb") as log:
        server = subprocess.Popen(argv, cwd=made.folder, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    answer(port, patience=60)
    return server


def stop_plain(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    server.wait(30)


def request(port: int) -> bytes:
    """One scoring request over a connection of its own (the server closes each), as bare as a client can be."""
    head = f"POST /score HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        line.sendall(head.encode() + BODY)
        parts = []
        while part := line.recv(65536):
            parts.append(part)
    return b"".join(parts)


def answer(port: int, patience: float = 10.0, holding: bytes = b"200") -> bytes:
    """The first answer that holds some text, asked for every 3 ms."""
    limit = time.monotonic() + patience
    while True:
        try:
            got = request(port)
            if holding in got:
                return got
        except OSError:
            pass
        if time.monotonic() > limit:
            raise TimeoutError(f"no such answer from port {port}")
        time.sleep(0.003)


def rate(port: int, seconds: float = 2.0) -> float:
    """Requests per second of one client that sends one after the other."""
    began = time.perf_counter()
    count = 0
    while (now := time.perf_counter()) - began < seconds:
        request(port)
        count += 1
    return count / (now - began)
