"""The sample project, ready to be served: made, synced and trained in a folder of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scoredock.environment.sync import read_specification, sync
from scoredock.environment.values import ReadyEnvironment
from scoredock.project import read_project
from scoredock.project.sample import write_sample
from scoredock.project.values import Project

ANSWER = '        "predictions": predictions.tolist(),'


@dataclass(frozen=True)
class Sample:
    """The project, its environment, and one request."""

    project: Project
    environment: ReadyEnvironment
    request: Path

    @property
    def script(self) -> Path:
        assert self.project.entry_script
        return self.project.entry_script


@contextmanager
def sample() -> Iterator[Sample]:
    with tempfile.TemporaryDirectory() as folder:
        project_folder = Path(folder) / "sample"
        write_sample(project_folder)
        project = read_project(project_folder).project
        assert project
        environment = asyncio.run(sync(read_specification(project.environment)))
        subprocess.run([environment.interpreter, "train.py"], cwd=project_folder, check=True, capture_output=True)
        yield Sample(project, environment, project_folder / "requests" / "digit-two.json")


class Peer:
    """The official launcher, `azmlinfsrv`, on the same script, model and environment."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self.process: subprocess.Popen[bytes] | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])

    def __enter__(self) -> Peer:
        self.start()
        self.answer()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        sample = self.sample
        model = sample.project.models[0].source
        assert model
        # The official launcher's own way to show the script a model: the folder that holds what Azure mounts.
        argv = [
            *(str(sample.environment.interpreter), "-m", "azureml_inference_server_http"),
            *("--entry_script", str(sample.script), "--model_dir", str(model.parent), "--port", str(self.port)),
        ]
        clean = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        self.process = subprocess.Popen(
            argv,
            cwd=sample.project.code,
            env=clean,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def stop(self) -> None:
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)
            self.process = None

    def answer(self) -> bytes:
        """The first answer, however long the server takes to come up (asked every 5 ms, at most for a minute)."""
        deadline = time.monotonic() + 60
        while True:
            try:
                return post(self.port, self.sample.request)
            except OSError as error:
                if isinstance(error, urllib.error.HTTPError) or time.monotonic() > deadline:
                    raise
                time.sleep(0.005)


def post(port: int, request: Path) -> bytes:
    headers = {"Content-Type": "application/json"}
    posted = urllib.request.Request(f"http://127.0.0.1:{port}/score", request.read_bytes(), headers)
    with urllib.request.urlopen(posted, timeout=60) as answer:
        body: bytes = answer.read()
    return body


class Edits:
    """Saves the script again and again, each time with another number in its answer."""

    def __init__(self, script: Path) -> None:
        self.script = script
        self.text = script.read_text(encoding="utf-8")
        self.number = 0

    def save(self) -> bytes:
        """Returns what the answer of the new code contains."""
        self.number += 1
        changed = f'{ANSWER} "edit": {self.number},'
        assert ANSWER in self.text
        self.script.write_text(self.text.replace(ANSWER, changed), encoding="utf-8")
        return f'"edit": {self.number},'.encode()
