"""Small environments from the real package index, each made once for the session."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scoredock.engine.connection import Connection, connect
from scoredock.environment.sync import read_specification
from scoredock.environment.values import Specification
from scoredock.project.values import CondaFile, RequirementsFile

from .images import PREFIX

Write = Callable[..., Specification]


@pytest.fixture
def conda(tmp_path: Path) -> Write:
    """Write a conda file from its pip lines (and other parts) and read it."""

    def write(*pip: str, python: str | None = "python=3.11", packages: tuple[str, ...] = (), more: str = "") -> Specification:
        lines = ["name: small", "channels: [conda-forge]", "dependencies:"]
        lines += [f"  - {item}" for item in ((python,) if python else ()) + packages]
        lines += ["  - pip"]
        if pip:
            lines += ["  - pip:", *(f"      - {item}" for item in pip)]
        path = tmp_path / "conda.yml"
        path.write_text("\n".join(lines) + "\n" + more, encoding="utf-8")
        return read_specification(CondaFile(path))

    return write


@pytest.fixture
def requirements(tmp_path: Path) -> Write:
    """Write a requirements file and read it."""

    def write(*lines: str) -> Specification:
        path = tmp_path / "requirements.txt"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return read_specification(RequirementsFile(path))

    return write


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache for one test alone, for tests that look at all of it, leave damage in it, or
    ask what a sync does where nobody has synced the same before.
    """
    home = tmp_path / "home"
    monkeypatch.setenv("SCOREDOCK_HOME", str(home))
    return home


@pytest.fixture
def connection() -> Iterator[Connection]:
    found = connect()
    before = {image.id for image in found.client.images.list()}
    yield found
    # The newest first: one that another is built upon cannot go before it.
    made = [image for image in found.client.images.list(all=True) if image.id not in before]
    for image in sorted(made, key=lambda image: image.attrs["Created"], reverse=True):
        for tag in image.tags:
            if tag.startswith(PREFIX):
                found.client.images.remove(tag, force=True)
    found.close()
