"""Services under the real server, in environments that are made once, and doors into them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from scoredock import runtime
from scoredock.debugging.bridge import Bridge
from scoredock.debugging.library import library_for
from scoredock.environment.sync import read_specification, sync
from scoredock.project.values import RequirementsFile
from tests.debugging.dap import Client, connected

LAUNCHER = Path(runtime.__file__).parent / "launcher.py"
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture(scope="session")
def interpreter(shared_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A synced environment with the inference server, for the Python that runs the tests."""
    folder = tmp_path_factory.mktemp("environment")
    (folder / "requirements.txt").write_text("azureml-inference-server-http\n")
    home = folder / "home"
    home.mkdir()
    (home / "cache").symlink_to(shared_cache, target_is_directory=True)
    before = os.environ.get("SCOREDOCK_HOME")
    os.environ["SCOREDOCK_HOME"] = str(home)
    try:
        return asyncio.run(sync(read_specification(RequirementsFile(folder / "requirements.txt")))).interpreter
    finally:
        if before is not None:
            os.environ["SCOREDOCK_HOME"] = before
        else:
            del os.environ["SCOREDOCK_HOME"]


@dataclass
class Running:
    """A service under our launcher, and the door into it."""

    process: subprocess.Popen[bytes]
    folder: Path
    control: str
    port: int
    service: str = "digits"

    async def connect(self, path: str) -> Streams:
        return await asyncio.open_unix_connection(path, limit=1 << 20)

    async def again(self) -> bool:
        return False

    async def library(self, python: str) -> str:
        return str(await library_for(python))

    @property
    def script(self) -> str:
        return str(self.folder / "score.py")

    def line(self, text: str) -> int:
        """The number of the line of score.py that holds a text."""
        lines = Path(self.script).read_text().splitlines()
        return next(number for number, line in enumerate(lines, 1) if text in line)

    def log(self) -> str:
        return (self.folder / "log").read_text()

    async def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        reader, writer = await asyncio.open_unix_connection(self.control, limit=1 << 20)
        writer.write(json.dumps(request).encode() + b"\n")
        answer: dict[str, Any] = json.loads(await asyncio.wait_for(reader.readline(), 60))
        writer.close()
        return answer

    def post(self, data: object) -> asyncio.Task[tuple[int, Any]]:
        """Send a request in the background; status and answer."""

        def send() -> tuple[int, Any]:
            answer = requests.post(f"http://127.0.0.1:{self.port}/score", json=data, timeout=60)
            return answer.status_code, answer.json()

        async def sent() -> tuple[int, Any]:
            try:
                return await asyncio.to_thread(send)
            except requests.Timeout:
                pytest.fail(f"no answer to {data}: {await self.state()} {await self.ask({'command': 'stack'})}\n{self.log()}")

        return asyncio.create_task(sent())

    async def state(self, wanted: str | None = None, patience: float = 30) -> dict[str, Any]:
        """The status, once its state is ``wanted``."""
        deadline = time.monotonic() + patience
        while True:
            status = await self.ask({"command": "status"})
            if wanted is None or status["state"] == wanted:
                return status
            assert time.monotonic() < deadline, f"waited for {wanted}, it is {status}"
            await asyncio.sleep(0.05)

    async def left(self, patience: float = 30) -> dict[str, Any]:
        """The status, once no debugger is there any more."""
        deadline = time.monotonic() + patience
        while True:
            status = await self.state()
            if not any(worker["flags"] for worker in status["workers"]):
                return status
            assert time.monotonic() < deadline, f"a debugger is still there: {await self.ask({'command': 'stack'})}"
            await asyncio.sleep(0.05)

    async def relieved(self, pids: set[int], patience: float = 30) -> None:
        """Wait until other workers than these answer, as many."""
        deadline = time.monotonic() + patience
        while True:
            workers = (await self.state())["workers"]
            if len(workers) == len(pids) and not pids & {worker["pid"] for worker in workers}:
                return
            assert time.monotonic() < deadline, workers
            await asyncio.sleep(0.05)

    def asking(self, request: dict[str, Any]) -> asyncio.Task[dict[str, Any]]:
        """A request whose answer takes long, in the background."""
        return asyncio.create_task(self.ask(request))

    async def ready(self, count: int, patience: float = 30) -> None:
        """Wait until so many workers can answer."""
        deadline = time.monotonic() + patience
        while [w["state"] for w in (await self.state())["workers"]] != ["idle"] * count:
            assert time.monotonic() < deadline, await self.state()
            await asyncio.sleep(0.05)

    async def in_state_for(self, seconds: float) -> None:
        """Wait until the worker has been at what it does for so long."""
        while (await self.state())["workers"][0]["seconds"] < seconds:
            await asyncio.sleep(0.1)

    def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)


def listens(control: str) -> bool:
    """Whether somebody listens on a unix socket; the file is there a moment earlier."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(control) == 0


Serve = Callable[..., Running]


@pytest.fixture
def serve(interpreter: Path, tmp_path: Path) -> Iterator[Serve]:
    """Start a service of a script; ``arguments`` go to the launcher, keywords become environment variables."""
    running: list[Running] = []

    def start(script: str, *arguments: str, python: Path | None = None, **variables: str) -> Running:
        folder = tmp_path / f"code{len(running)}"
        folder.mkdir()
        (folder / "score.py").write_text(script)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        sockets = tempfile.mkdtemp(prefix="sd")  # a unix socket's path must be short
        control = f"{sockets}/control"
        process = subprocess.Popen(
            [
                *(str(python or interpreter), "-u", str(LAUNCHER), "--control", control),
                *("--bind", f"127.0.0.1:{port}", "--port", str(port), *arguments),
            ],
            cwd=folder,
            env={**os.environ, "AML_APP_ROOT": str(folder), "AZUREML_ENTRY_SCRIPT": "score.py", **variables},
            stdin=subprocess.DEVNULL,
            stdout=(folder / "log").open("wb"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        made = Running(process, folder, control, port)
        running.append(made)
        deadline = time.monotonic() + 20
        while not listens(control):
            assert process.poll() is None, made.log()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return made

    yield start
    for one in running:
        one.end()
        shutil.rmtree(Path(one.control).parent, ignore_errors=True)


Attach = Callable[..., contextlib.AbstractAsyncContextManager[Client]]


@pytest.fixture
async def attach() -> AsyncIterator[Attach]:
    """Open a bridge to a running service and connect a client to it."""
    bridges: list[Bridge] = []

    @contextlib.asynccontextmanager
    async def one(running: Running, **start: Any) -> AsyncIterator[Client]:
        bridge = Bridge(running, start.pop("mappings", ()))
        bridges.append(bridge)
        await bridge.open()
        async with connected(bridge.host, bridge.port) as client:
            await client.start(accessToken=bridge.token, **start)
            yield client
        await asyncio.wait_for(bridge.closed(), 30)

    yield one
    for bridge in bridges:
        await bridge.close()


@pytest.fixture(scope="session")
def this_python() -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}"
