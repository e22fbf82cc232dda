"""A language server that is killed in the middle of its work: the next one finds what it had begun, and nothing is lost."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.lsp.session import PATIENCE, Session
from tests.lsp.test_life import alive, slow_project, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

CONDA = "name: e\ndependencies:\n  - pip\n  - pip:\n    - azureml-inference-server-http\n"
SCRIPT = """import time
from pathlib import Path

HERE = Path(__file__).parent


def init():
    (HERE / "begun-1").touch()
    while not (HERE / "go").exists():
        time.sleep(0.05)


def run(data):
    return 1
"""


class Project:
    """A script whose `init` waits until it is allowed to end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "conda.yml").write_text(CONDA, encoding="utf-8")
        self.script = folder / "score.py"
        self.script.write_text(SCRIPT, encoding="utf-8")

    def deploy(self, session: Session) -> int:
        return session.ask("scoredock/deploy", {"uri": self.script.as_uri(), "target": "process"})

    def begun(self, version: int) -> None:
        wait_for((self.folder / f"begun-{version}").exists, "init to begin")


@pytest.fixture
def project(tmp_path: Path, start: Callable[..., Session]) -> Iterator[Project]:
    yield Project(tmp_path)
    (tmp_path / "go").touch()
    session = start()
    for service in services(session):
        session.request("scoredock/stop", {"name": service["name"]}, timeout=60)
    assert services(session) == []


def services(session: Session) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = session.request("scoredock/services", {}, timeout=60)["services"]
    return found


def kill(session: Session) -> None:
    """No handler of any signal has a word in it."""
    session.process.kill()
    session.process.wait(PATIENCE)


def answer(service: dict[str, Any]) -> Any:
    with urllib.request.urlopen(service["scoringUri"], b"{}", timeout=60) as response:  # noqa: S310
        return json.load(response)


def test_in_mid_deploy(project: Project, start: Callable[..., Session]) -> None:
    first = start()
    project.deploy(first)
    project.begun(1)
    kill(first)
    second = start()
    (left,) = services(second)
    assert left["state"] == "starting"
    (project.folder / "go").touch()
    service = second.answer(project.deploy(second), timeout=120)["result"]
    assert service["name"] == left["name"] and answer(service) == 1
    assert [found["state"] for found in services(second)] == ["healthy"]


def test_in_mid_update_the_service_brings_it_to_its_end(project: Project, start: Callable[..., Session]) -> None:
    (project.folder / "go").touch()
    first = start()
    service = first.answer(project.deploy(first), timeout=120)["result"]
    (project.folder / "go").unlink()
    project.script.write_text(SCRIPT.replace("begun-1", "begun-2").replace("return 1", "return 2"), encoding="utf-8")
    first.ask("scoredock/update", {"name": service["name"]})
    project.begun(2)
    assert answer(service) == 1
    kill(first)
    assert answer(service) == 1
    (project.folder / "go").touch()
    wait_for(lambda: answer(service) == 2, "the new code")
    (found,) = services(start())
    assert found["state"] == "healthy" and found["generation"] == 2


def test_in_mid_sync_no_child_is_left_at_work(start: Callable[..., Session], tmp_path: Path) -> None:
    script = slow_project(tmp_path)
    session = start()
    session.ask("scoredock/deploy", {"uri": script.as_uri(), "target": "process"})
    wait_for((tmp_path / "building").exists, "the build to run")
    started = psutil.Process(session.process.pid).children(recursive=True)
    assert started
    kill(session)
    wait_for(lambda: not any(alive(process) for process in started), "every child to be gone")
