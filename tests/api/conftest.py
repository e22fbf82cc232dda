"""A folder as users of SDK v1 have it: a workspace file, a script, a trained model, and a script that deploys it."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from scoredock import Workspace
from scoredock.api import telling
from scoredock.api.waiting import wait_for
from scoredock.hosting import services

CONFIG = {"subscription_id": "0", "resource_group": "rg", "workspace_name": "tutorial-ws"}


@pytest.fixture(autouse=True)
def _by_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCOREDOCK_TARGET", "process")
    monkeypatch.setattr(telling, "_said", set())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def workspace(folder: Path) -> Workspace:
    return Workspace.from_config()


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
        return number


@pytest.fixture
def no_service_left(home: Path) -> Iterator[None]:
    yield
    for service in wait_for(services.list_services):
        wait_for(lambda name=service.name: services.stop(name))  # type: ignore[misc]
