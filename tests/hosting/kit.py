"""What the tests of services share: a small project with an engine for it, and clients."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import requests
from tests.clients import Seen, sending

from scoredock.hosting.values import Engine, Plan, Service
from scoredock.project.values import Project, Source

# A line of a script that goes on when the test has made the file ``go`` beside it.
WAITING = "import os, time\n    while not os.path.exists('go'):\n        time.sleep(0.02)\n    "
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
    answer = requests.post(service.scoring_uri, body, timeout=options.pop("timeout", 60), **options)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def until(true: Callable[[], Any], patience: float = 60.0) -> Any:
    """Wait for a condition; what it gave when it was true."""
    limit = time.monotonic() + patience
    while not (value := true()):
        assert time.monotonic() < limit, "it never came true"
        await asyncio.sleep(0.01)
    return value


def load(service: Service, clients: int = 4) -> AbstractContextManager[Seen]:
    """Clients that send one request after the other until the block ends."""
    return sending(lambda: post(service, timeout=60), clients)
