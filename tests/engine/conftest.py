"""Real parts for the engine's tests: the machine's engine, a registry on 127.0.0.1, and a clean-up that is checked."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from scoredock.engine import images
from scoredock.engine.connection import Connection, connect


@pytest.fixture(scope="session")
def base_image() -> str:
    """A small image with Python 3."""
    return os.environ.get("SCOREDOCK_TEST_BASE_IMAGE", "")


@pytest.fixture
def connection() -> Iterator[Connection]:
    found = connect()
    yield found
    found.close()


@pytest.fixture
def tag(connection: Connection) -> Iterator[str]:
    """A name for an image that is gone after the test."""
    name = f"scoredock-test-{uuid.uuid4().hex[:12]}:1"
    yield name
    # By name: another image may have the same content, and the base image has it in one test.
    images.remove_image(connection, name)


@dataclass(frozen=True)
class Registry:
    """A real registry, empty at first."""

    host: str


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    program = shutil.which("docker-registry")
    if not program:
        pytest.skip("no registry: on Debian and Ubuntu, apt install docker-registry")
    folder = tmp_path_factory.mktemp("registry")
    address = f"127.0.0.1:{free_port()}"
    configuration = folder / "registry.yml"
    configuration.write_text(
        "version: 0.1\n"
        f"storage: {{filesystem: {{rootdirectory: {folder}/data}}}}\n"
        f"http: {{addr: '{address}'}}\n"
        "log: {level: error}\n"
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "serve", str(configuration)], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        wait_for(lambda: answers(f"http://{address}/v2/"), 20)
        yield Registry(address)
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="session")
def slow_registry(registry: Registry) -> Iterator[str]:
    """The same registry behind a thin line of 8 MB/s: what a pull does in the middle can be seen there."""
    with ThinLine(registry.host, 8_000_000) as line:
        yield line.host


class ThinLine:
    """Forwards TCP connections to an address, answers no faster than ``rate`` bytes per second."""

    def __init__(self, target: str, rate: int) -> None:
        self._target = target
        self._rate = rate
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._closed = threading.Event()
        self.host = f"127.0.0.1:{self._listening.getsockname()[1]}"

    def __enter__(self) -> ThinLine:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._listening.close()

    def _accept(self) -> None:
        host, _, port = self._target.partition(":")
        while not self._closed.is_set():
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            far = socket.create_connection((host, int(port)))
            threading.Thread(target=self._forward, args=(near, far, 0), daemon=True).start()
            threading.Thread(target=self._forward, args=(far, near, self._rate), daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket, rate: int) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
                if rate:
                    self._closed.wait(len(data) / rate)
        except OSError:
            pass
        finally:
            for end in (source, target):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=1).ok
    except requests.RequestException:
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: object, seconds: float) -> None:
    """Until the condition holds; fails past the deadline."""
    assert callable(condition)
    end = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s: {condition}"
        pause.wait(0.05)


@pytest.fixture
def folder_of_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the code under test puts its temporary files, so that what is left over can be seen."""
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path
