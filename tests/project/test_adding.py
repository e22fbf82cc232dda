"""A package that is added to the file of an environment: at the right place, and nothing else changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from scoredock.finding import Fix
from scoredock.project.adding import package_line
from scoredock.project.values import CondaFile, RequirementsFile

Apply = Callable[[str, Fix], str]


@pytest.mark.parametrize(
    ("text", "dependencies"),
    [
        ("dependencies:\n  - pip\n  - pip:\n    - numpy  # why\n", ["pip", {"pip": ["numpy", "new==1"]}]),
        ("dependencies:\n  - pip\n  - pip:\n    - numpy", ["pip", {"pip": ["numpy", "new==1"]}]),
        ("dependencies:\r\n- pip\r\n- pip:\r\n  - numpy\r\n", ["pip", {"pip": ["numpy", "new==1"]}]),
        ("dependencies:\n- pip\n- pip:  # none yet\n- python=3.11\n", ["pip", {"pip": ["new==1"]}, "python=3.11"]),
        ("dependencies: [pip, {pip: [numpy]}]\n", ["pip", {"pip": ["numpy", "new==1"]}]),
        ("dependencies: [pip, {pip: []}]\n", ["pip", {"pip": ["new==1"]}]),
        ("dependencies: [python=3.11]\n", ["python=3.11", "pip", {"pip": ["new==1"]}]),
        ("dependencies:\n  - python=3.11  # why\nname: x\n", ["python=3.11", "pip", {"pip": ["new==1"]}]),
        ("dependencies:\n  # first\n  - python=3.11\n  - pip=24\n# last\n", ["python=3.11", "pip=24", {"pip": ["new==1"]}]),
        ("dependencies:\n- pip:\n  - |\n    numpy\n- pip\n", [{"pip": ["numpy\n", "new==1"]}, "pip"]),
    ],
)
def test_conda_files_take_it_in_their_pip_section(text: str, dependencies: list[object], tmp_path: Path, apply: Apply) -> None:
    file = tmp_path / "conda.yml"
    place = package_line(CondaFile(file), {file: text})
    assert place is not None
    mended = apply(text, Fix("add", (place.edit("new==1"),)))
    assert yaml.safe_load(mended)["dependencies"] == dependencies
    assert all(line in mended.splitlines() or line.startswith("dependencies: [") for line in text.splitlines())
    assert ("\r\n" in text) == ("\r\n" in mended)


def test_a_definition_inside_a_deployment_file(tmp_path: Path, apply: Apply) -> None:
    head = "name: x\nenvironment:\n  image: y\n  conda_file:\n    dependencies:\n      - pip\n"
    text = f"{head}      - pip:\n          - numpy\nmodel: z\n"
    file = tmp_path / "deployment.yml"
    place = package_line(CondaFile(file, inline="dependencies: [pip, {pip: [numpy]}]"), {file: text})
    assert place is not None
    mended = apply(text, Fix("add", (place.edit("new"),)))
    assert mended == text.replace("          - numpy\n", "          - numpy\n          - new\n")


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("numpy\n", "numpy\nnew\n"),
        ("numpy", "numpy\nnew"),
        ("numpy\r\n", "numpy\r\nnew\r\n"),
        ("", "new\n"),
        ("# all\n\n", "# all\n\nnew\n"),
    ],
)
def test_requirements_files_take_it_at_their_end(text: str, mended: str, tmp_path: Path, apply: Apply) -> None:
    file = tmp_path / "requirements.txt"
    place = package_line(RequirementsFile(file), {file: text})
    assert place is not None
    assert apply(text, Fix("add", (place.edit("new"),))) == mended


@pytest.mark.parametrize(
    "text", ["", "name: x\n", "dependencies:\n", "dependencies: []\nname: [\n", "- a\n", "dependencies: numpy\n"]
)
def test_where_there_is_no_list_nothing_is_offered(text: str, tmp_path: Path) -> None:
    file = tmp_path / "conda.yml"
    assert package_line(CondaFile(file), {file: text}) is None
    assert package_line(CondaFile(tmp_path / "nowhere.yml")) is None
