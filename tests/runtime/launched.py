"""A launcher started as an engine starts it, and a plain client for its control socket."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from tests.clients import Seen, sending

from scoredock import runtime

LAUNCHER = Path(runtime.__file__).parent / "launcher.py"
PATIENCE = 60.0  # seconds that anything may take


@dataclass
class Launched:
    """A running service."""

    process: subprocess.Popen[bytes]
    port: int
    folder: Path

    @property
    def control(self) -> str:
        return str(self.folder / "control")

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def ask(self, command: str, **fields: Any) -> Any:
        """One request on a connection of its own."""
        with self.line() as line:
            line.write(json.dumps({"command": command, **fields}).encode() + b"\n")
            line.flush()
            return json.loads(line.readline())

    @contextmanager
    def line(self) -> Iterator[Any]:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(PATIENCE)
            here = Path.cwd()
            os.chdir(self.folder)  # paths of sockets are short
            try:
                sock.connect("control")
            finally:
                os.chdir(here)
            with sock.makefile("rwb") as line:
                yield line

    def update(self, **fields: Any) -> Any:
        return self.ask("update", **fields)

    def score(self, body: str = "{}", patience: float = PATIENCE) -> Any:
        status, answer = self.request(body, patience)
        assert status == 200, answer
        return json.loads(answer)

    def request(self, body: str = "{}", patience: float = PATIENCE) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=patience)
        try:
            connection.request("POST", "/score", body)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def until(self, **wanted: Any) -> Any:
        """Wait until the status has these values; the status."""
        limit = time.monotonic() + PATIENCE
        while True:
            try:
                status = self.ask("status")
                if all(status[name] == value for name, value in wanted.items()):
                    return status
            except OSError:
                pass
            assert self.process.poll() is None, self.log
            assert time.monotonic() < limit, (status, self.log)
            time.sleep(0.02)

    def until_logged(self, text: str) -> str:
        """Wait until the log holds this text; the log.

        The server writes the line of a request after it has sent the answer.
        """
        limit = time.monotonic() + PATIENCE
        while text not in self.log:
            assert self.process.poll() is None and time.monotonic() < limit, self.log
            time.sleep(0.02)
        return self.log

    def workers(self) -> list[int]:
        return [worker["pid"] for worker in self.ask("status")["workers"]]

    def worker(self) -> int:
        """The one that answers. Those that retire, or were given up, are in the list for a moment longer."""
        status = self.ask("status")
        (worker,) = (one for one in status["workers"] if one["state"] != "retiring" and one["generation"] == status["generation"])
        return int(worker["pid"])


@contextmanager
def launched(
    python: Path,
    code: Path,
    folder: Path,
    *arguments: str,
    ready: bool = True,
    told: dict[str, Any] | None = None,
    **variables: str,
) -> Iterator[Launched]:
    """Start a service of ``code/score.py``; with ``ready`` wait until it is healthy. ``told`` is its start.json."""
    folder.mkdir(exist_ok=True)
    (folder / "start.json").write_text(json.dumps(told or {}), encoding="utf-8")
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment.update(AML_APP_ROOT=str(code), AZUREML_ENTRY_SCRIPT="score.py", **variables)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(2048)
        port = listener.getsockname()[1]
        argv = [str(python), "-u", str(LAUNCHER), "--control", "control", "--record", str(folder)]
        argv[4] = os.path.relpath(folder / "control", code)
        argv += ["--bind", f"fd://{listener.fileno()}", "--port", str(port), *arguments]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                argv,
                cwd=code,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(listener.fileno(),),
                start_new_session=True,
            )
    service = Launched(process, port, folder)
    try:
        if ready:
            service.until(state="healthy")
        yield service
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for left in psutil.process_iter():
            try:
                if left.pid != os.getpid() and os.getsid(left.pid) == process.pid:
                    left.kill()
            except (psutil.Error, OSError):
                pass


def under_load(service: Launched, clients: int = 4) -> AbstractContextManager[Seen]:
    """Clients that send one request after the other until the block ends."""
    return sending(service.score, clients)
