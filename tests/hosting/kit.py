"""What the tests of services share: a small project with an engine for it, and clients."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil
import requests

from scoredock.hosting.values import Engine, Plan, Service
from scoredock.project.values import Project, Source

ECHO = """\
import json


def init():
    global count
    count = 0


def run(raw_data):
    return {"answer": "one", "got": json.loads(raw_data)}
"""


@dataclass
class Kit:
    """An engine and a project for it, with ways to make and change the project."""

    engine: Engine
    fresh: Callable[[], Engine]  # another one, that knows nothing: as another command would have it
    code: Path
    interpreter: Path
    environment_key: str
    models: tuple[Any, ...] = ()
    name: str = "echo"
    image: str = ""  # for Docker

    @property
    def script(self) -> Path:
        return self.code / "score.py"

    def write(self, text: str, file: str = "score.py") -> None:
        (self.code / file).write_text(text, encoding="utf-8")

    def edit(self, old: str, new: str, file: str = "score.py") -> None:
        text = (self.code / file).read_text(encoding="utf-8")
        assert old in text
        self.write(text.replace(old, new), file)

    def project(self, **changes: Any) -> Project:
        project = Project(
            file=self.script, source=Source.INFERRED, name=self.name, code=self.code, entry_script=self.script, models=self.models
        )
        return replace(project, **changes)

    def plan(self, project: Project | None = None, **changes: Any) -> Plan:
        plan = Plan(project or self.project(), self.name, self.interpreter, self.environment_key, image=self.image)
        return replace(plan, **changes)


def post(service: Service, body: str = "{}", **options: Any) -> Any:
    """The answer of a scoring request as JSON."""
    answer = requests.post(service.scoring_uri, body, timeout=options.pop("timeout", 30), **options)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def until(true: Callable[[], Any], patience: float = 20.0) -> Any:
    """Wait for a condition; what it gave when it was true."""
    limit = time.monotonic() + patience
    while not (value := true()):
        assert time.monotonic() < limit, "it never came true"
        await asyncio.sleep(0.01)
    return value


@dataclass
class Load:
    """What clients under load have seen: (sent, received, answer) of every request, in seconds of one clock."""

    answers: list[tuple[float, float, Any]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@contextmanager
def load(service: Service, clients: int = 4) -> Iterator[Load]:
    """Clients that send one request after the other until the block ends."""
    seen, over = Load(), threading.Event()

    def work() -> None:
        while not over.is_set():
            sent = time.monotonic()
            try:
                answer = requests.post(service.scoring_uri, "{}", timeout=60)
                if answer.status_code == 200:
                    seen.answers.append((sent, time.monotonic(), answer.json()))
                else:
                    seen.errors.append(f"{answer.status_code} {answer.text}")
            except requests.RequestException as error:
                seen.errors.append(repr(error))

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        over.set()
        for thread in threads:
            thread.join()


def children_of(pid: int) -> list[str]:
    """Command lines of what a process has started."""
    return [" ".join(child.cmdline()) for child in psutil.Process(pid).children(recursive=True)]


def python_without(*names: str) -> dict[str, str]:
    """This process' environment without some variables."""
    return {name: value for name, value in os.environ.items() if name not in names}


def run_python(code: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120, **options)
