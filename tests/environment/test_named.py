"""Named environments, and what is written for others: read back by Azure's own packages."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from scoredock.environment.export import export
from scoredock.environment.named import get, register, registered
from scoredock.environment.reading import read_environment_file, read_specification
from scoredock.environment.sync import sync
from scoredock.environment.uv import find_uv
from scoredock.environment.values import EnvironmentProblem
from scoredock.project.values import EnvironmentReference


def test_register_get_and_list(conda) -> None:
    specification = conda("six==1.16.0")
    first = register(specification, "tutorial-env")
    assert (first.name, first.version) == ("tutorial-env", "1")
    assert register(specification, "tutorial-env") == first
    second = register(conda("six==1.15.0"), "tutorial-env")
    assert second.version == "2"
    assert get("tutorial-env") == second
    assert get("tutorial-env", "1") == first
    assert get("tutorial-env", "3") is None
    assert [(item.name, item.version) for item in registered()] == [("tutorial-env", "1"), ("tutorial-env", "2")]
    with pytest.raises(EnvironmentProblem, match="exists already"):
        register(specification, "tutorial-env", "2")
    found = read_specification(EnvironmentReference("azureml:tutorial-env:1"))
    assert [item.text for item in found.pip] == ["six==1.16.0"]
    assert found.name == "tutorial-env"
    latest = read_specification(EnvironmentReference("azureml:tutorial-env@latest"))
    assert [item.text for item in latest.pip] == ["six==1.15.0"]


@pytest.mark.parametrize("name", ["../escape", "a/b", "", ".hidden", "with space", "x" * 300])
def test_names_that_are_none(conda, name: str) -> None:
    with pytest.raises(EnvironmentProblem, match="cannot be the name"):
        register(conda("six"), name)
    assert get(name) is None


def test_what_is_registered_stands_alone(requirements, tmp_path: Path) -> None:
    (tmp_path / "limits.txt").write_text("idna<4\n")
    specification = requirements("-c limits.txt", "./mine", "-e ./edited", "requests")
    kept = register(specification, "alone").specification()
    assert [item.text for item in kept.pip] == [str(tmp_path / "mine"), f"-e {tmp_path / 'edited'}", "requests"]
    assert [item.text for item in kept.constraints] == ["idna<4"]


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_azures_own_packages_read_what_is_exported(conda, tmp_path: Path) -> None:
    specification = conda("six==1.16.0", "pyyaml", more="variables:\n  LEVEL: '3'\n")
    ready = await sync(specification)
    files = export(specification, tmp_path / "out", name="tutorial-env", version="1", ready=ready)
    with pytest.raises(EnvironmentProblem, match="exists"):
        export(specification, tmp_path / "out", name="tutorial-env")
    assert files.pinned is not None
    pinned = yaml.safe_load(files.pinned.read_text())
    lines = pinned["dependencies"][-1]["pip"]
    assert all("==" in line for line in lines)
    assert {line.split("==")[0] for line in lines} >= {"six", "pyyaml", "azureml-inference-server-http"}
    again = read_environment_file(files.azureml_environment)
    assert [item.text for item in again.pip] == ["six==1.16.0", "pyyaml"]
    said = run_with(
        tmp_path,
        ["azureml-core", "setuptools<81"],
        "import sys, json\n"
        "from azureml.core import Environment\n"
        "found = Environment.load_from_directory(sys.argv[1])\n"
        "again = Environment.from_conda_specification('again', sys.argv[1] + '/conda_dependencies.yml')\n"
        "conda, other = found.python.conda_dependencies, again.python.conda_dependencies\n"
        "print(json.dumps([found.name, found.version, list(conda.pip_packages), found.environment_variables,"
        " list(other.pip_packages), conda.get_python_version()]))\n",
        files.azureml_environment.parent,
    )
    assert json.loads(said) == ["tutorial-env", "1", ["six==1.16.0", "pyyaml"], {"LEVEL": "3"}, ["six==1.16.0", "pyyaml"], "3.11"]
    said = run_with(
        tmp_path,
        ["azure-ai-ml"],
        "import sys, json\n"
        "from azure.ai.ml import load_environment\n"
        "found = load_environment(sys.argv[1] + '/environment.yml')\n"
        "print(json.dumps([found.name, found.version, found.image, found.conda_file['dependencies'][0]]))\n",
        files.azureml_environment.parent,
    )
    assert json.loads(said) == ["tutorial-env", "1", "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04", "python=3.11"]


def run_with(folder: Path, packages: list[str], code: str, *arguments: object) -> str:
    """Run code in a throw-away environment that has a package of Azure's."""
    command = [find_uv(), "run", "--quiet", "--no-project", "--isolated", "--python", sys.executable]
    command += [word for package in packages for word in ("--with", package)]
    done = subprocess.run(
        [*command, "python", "-c", code, *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip().splitlines()[-1]
