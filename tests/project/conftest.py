"""What the tests of project files share: cases, and fixes that are really applied."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.files import write_files

from scoredock.finding import Fix

BASE = "name: blue\nendpoint_name: digits\ninstance_type: Standard_DS3_v2\n"
Put = Callable[[dict[str, str]], Path]


@pytest.fixture
def put(tmp_path: Path) -> Put:
    """Write files below a folder of the test's own; returns the folder."""

    return partial(write_files, tmp_path)


@pytest.fixture(scope="session")
def deployment_cases() -> dict[str, Any]:
    """`deployment_cases.yml` with every case as the text of a whole file."""
    cases = yaml.safe_load((Path(__file__).parent / "deployment_cases.yml").read_text(encoding="utf-8"))

    def whole(case: str) -> str:
        return case if case.lstrip("\ufeff").startswith("name:") and case.count("name:") > 1 else BASE + case + "\n"

    later = {reason: [whole(case) for case in some] for reason, some in cases["refused_later"].items()}
    return {kind: [whole(case) for case in cases[kind]] for kind in ("accepted", "refused")} | {"refused_later": later}


BESIDE = {
    "model.pkl": "x",
    "s.py": "",
    "conda.yml": "name: a\ndependencies: [python=3.10, {pip: [azureml-inference-server-http]}]\n",
    "broken.yml": "a: [\n",
    "dup.yml": "name: a\nname: b\n",
    "bom.yml": "\ufeffname: a\n",
    "Dockerfile": "FROM x\n",
    "folder/.keep": "",
}


@pytest.fixture
def beside(put: Put) -> Path:
    """The folder that the cases stand in."""
    return put(BESIDE)


@pytest.fixture(scope="session")
def cases_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_files(tmp_path_factory.mktemp("cases"), BESIDE)


@pytest.fixture
def apply() -> Callable[[str, Fix], str]:
    """Apply a fix to a text, as an editor does."""

    def applied(text: str, fix: Fix) -> str:
        starts = [0, *(match.end() for match in re.finditer(r"\r\n|\n|\r", text))]
        for edit in sorted(fix.edits, key=lambda edit: (edit.place.line, edit.place.column), reverse=True):
            begin = starts[edit.place.line - 1] + edit.place.column - 1
            end = starts[edit.place.end_line - 1] + edit.place.end_column - 1
            text = text[:begin] + edit.text + text[end:]
        return text

    return applied
