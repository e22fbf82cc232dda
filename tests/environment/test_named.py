"""Named environments, and what is written for others: read back by Azure's own packages."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from scoredock.environment.export import export
from scoredock.environment.named import NamedEnvironments
from scoredock.environment.reading import read_environment_file, read_specification
from scoredock.environment.sample import register_sample
from scoredock.environment.sources import LocalSource, Source, named_in
from scoredock.environment.sync import sync
from scoredock.environment.uv import find_uv
from scoredock.environment.values import EnvironmentProblem
from scoredock.finding import Place
from scoredock.models.workspace import WorkspaceFile, find_workspace
from scoredock.project.sample import write_sample
from scoredock.project.values import EnvironmentReference


@pytest.fixture
def named() -> NamedEnvironments:
    return named_in(WorkspaceFile("local"))


def test_register_get_and_list(conda, named: NamedEnvironments) -> None:
    specification = conda("six==1.16.0")
    first = named.register(specification, "tutorial-env")
    assert (first.name, first.version) == ("tutorial-env", "1")
    assert named.register(specification, "tutorial-env") == first
    second = named.register(conda("six==1.15.0"), "tutorial-env")
    assert second.version == "2"
    assert named.get("tutorial-env") == second
    assert named.get("tutorial-env", "1") == first
    assert named.get("tutorial-env", "3") is None
    assert [(item.name, item.version) for item in named.all()] == [("tutorial-env", "1"), ("tutorial-env", "2")]
    with pytest.raises(EnvironmentProblem, match="exists already"):
        named.register(specification, "tutorial-env", "2")
    found = read_specification(EnvironmentReference("azureml:tutorial-env:1"))
    assert [item.text for item in found.pip] == ["six==1.16.0"]
    assert found.name == "tutorial-env"
    latest = read_specification(EnvironmentReference("azureml:tutorial-env@latest"))
    assert [item.text for item in latest.pip] == ["six==1.15.0"]


@pytest.mark.parametrize("name", ["../escape", "a/b", "", ".hidden", "with space", "x" * 300])
def test_names_that_are_none(conda, named: NamedEnvironments, name: str) -> None:
    with pytest.raises(EnvironmentProblem, match="cannot be the name"):
        named.register(conda("six"), name)
    assert named.get(name) is None


def test_what_is_registered_stands_alone(requirements, named: NamedEnvironments, tmp_path: Path) -> None:
    (tmp_path / "limits.txt").write_text("idna<4\n")
    specification = requirements("-c limits.txt", "./mine", "-e ./edited", "requests")
    kept = named.register(specification, "alone").specification()
    assert [item.text for item in kept.pip] == [str(tmp_path / "mine"), f"-e {tmp_path / 'edited'}", "requests"]
    assert [item.text for item in kept.constraints] == ["idna<4"]


def test_each_workspace_has_its_own_and_the_projects_comes_first(conda, named: NamedEnvironments, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"workspace_name": "ws", "resource_group": "rg"}))
    of_workspace = named_in(find_workspace(tmp_path))
    named.register(conda("six==1.15.0"), "tutorial-env")
    assert of_workspace.all() == ()
    place = Place(tmp_path / "deployment.yml", 3, 14, 3, 40)

    def six(text: str) -> str:
        return read_specification(EnvironmentReference(text, place)).pip[0].text

    assert six("azureml:tutorial-env:1") == "six==1.15.0", "what only this machine's own workspace has is found too"
    of_workspace.register(conda("six==1.16.0"), "tutorial-env")
    assert six("azureml:tutorial-env:1") == "six==1.16.0"
    assert six("azureml:tutorial-env@latest") == "six==1.16.0"
    assert six("azureml://registries/shared/environments/tutorial-env/versions/1") == "six==1.16.0"
    assert [item.version for item in named.all()] == ["1"]
    for text, todo in (
        ("azureml:other:7", "scoredock env register CONDA-FILE --name other --version 7;"),
        ("azureml:AzureML-sklearn-1.5@latest", "scoredock env register CONDA-FILE --name AzureML-sklearn-1.5;"),
    ):
        with pytest.raises(EnvironmentProblem, match="lives in an Azure workspace") as raised:
            six(text)
        assert todo in raised.value.todo
        assert raised.value.place == place


async def test_the_local_source_is_one_as_the_workspace_in_azure_will_be(conda, named: NamedEnvironments) -> None:
    source: Source = LocalSource(WorkspaceFile("local"))
    kept = named.register(conda("six==1.16.0"), "tutorial-env")
    assert await source.environments() == await source.environments("tutorial-env") == (kept,)
    assert await source.environments("other") == ()
    assert await source.find("other") is None
    found = await source.find("tutorial-env", "1")
    assert found == kept
    assert [item.text for item in (await source.fetch(kept)).pip] == ["six==1.16.0"]


def test_the_sample_registers_its_own(named: NamedEnvironments, tmp_path: Path) -> None:
    write_sample(tmp_path / "digits")
    first = register_sample(tmp_path / "digits")
    assert (first.name, first.version) == ("digits", "1")
    assert register_sample(tmp_path / "digits") == first
    pinned = read_specification(EnvironmentReference("azureml:digits:1"))
    assert "scikit-learn==1.7.2" in [item.text for item in pinned.pip]


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
