"""Small environments from the real package index, each made once for the session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from scoredock.environment.sync import read_specification
from scoredock.environment.values import Specification
from scoredock.project.values import CondaFile, RequirementsFile

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
