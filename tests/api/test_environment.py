"""`Environment` and `CondaDependencies`."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from scoredock import CondaDependencies, Environment, Workspace
from scoredock.api.exceptions import AzureMLException, NotOnThisMachine, UserErrorException


def packages(environment: Environment) -> list[str]:
    assert environment.python.conda_dependencies is not None
    return environment.python.conda_dependencies.pip_packages


@pytest.fixture
def conda(folder: Path) -> Path:
    (folder / "conda.yml").write_text(
        "name: mine\nchannels: [conda-forge]\ndependencies:\n- python=3.11\n- pip:\n  - azureml-defaults\n  - joblib==1.4.2\n",
        encoding="utf-8",
    )
    return folder / "conda.yml"


def test_register_get_and_list(workspace: Workspace, conda: Path) -> None:
    made = Environment.from_conda_specification("tutorial-env", conda)
    assert made.version is None
    made.environment_variables = {"MODE": "local"}
    made.docker.base_image = "an-image"
    assert made.register(workspace).version == "1"
    assert Environment.from_conda_specification("tutorial-env", conda).register(workspace).version == "1"
    made.python.conda_dependencies.add_pip_package("numpy")  # type: ignore[union-attr]
    made.version = None
    assert made.register(workspace).version == "2"
    first = Environment.get(workspace=workspace, name="tutorial-env", version="1")
    assert (first.name, first.version) == ("tutorial-env", "1")
    assert "numpy" not in packages(first)
    latest = Environment.get(workspace, "tutorial-env")
    assert (latest.version, latest.environment_variables, latest.docker.base_image) == ("2", {"MODE": "local"}, "an-image")
    assert Environment.get(workspace, "tutorial-env", label="latest").version == "2"
    assert {name: one.version for name, one in Environment.list(workspace).items()} == {"tutorial-env": "2"}
    assert list(workspace.environments) == ["tutorial-env"]


def test_what_is_not_registered(workspace: Workspace, conda: Path) -> None:
    with pytest.raises(AzureMLException, match=r"'tutorial-env' is not registered on this machine.*makes it known"):
        Environment.get(workspace, "tutorial-env")
    with pytest.raises(AzureMLException, match="curated environment of Azure"):
        Environment.get(workspace, "AzureML-sklearn-1.0-ubuntu20.04-py38-cpu", version="1")
    Environment.from_conda_specification("tutorial-env", conda).register(workspace)
    with pytest.raises(AzureMLException, match=r"version '7' is not registered.*Registered are the versions 1"):
        Environment.get(workspace, "tutorial-env", version="7")
    with pytest.raises(UserErrorException, match="Only one of version or label"):
        Environment.get(workspace, "tutorial-env", version="1", label="latest")
    with pytest.raises(NotOnThisMachine, match="cannot honour 'label'"):
        Environment.get(workspace, "tutorial-env", label="production")
    with pytest.raises(UserErrorException, match="Environment 'other' is not registered"):
        Environment("other").build_local(workspace)
    with pytest.raises(AzureMLException, match="cannot be the name"):
        Environment("../x").register(workspace)


def test_another_workspace_has_its_own(workspace: Workspace, conda: Path) -> None:
    Environment.from_conda_specification("tutorial-env", conda).register(workspace)
    other = Workspace("0", "rg", "another-ws")
    assert Environment.list(other) == {}
    with pytest.raises(AzureMLException, match="not registered on this machine in the workspace 'another-ws'"):
        Environment.get(other, "tutorial-env", version="1")
    changed = Environment.from_conda_specification("tutorial-env", conda)
    changed.python.conda_dependencies.add_pip_package("numpy")  # type: ignore[union-attr]
    assert changed.register(other).version == "1"
    assert "numpy" in packages(Environment.get(other, "tutorial-env"))
    assert "numpy" not in packages(Environment.get(workspace, "tutorial-env"))


def test_save_and_load(workspace: Workspace, conda: Path, folder: Path) -> None:
    made = Environment.from_conda_specification("tutorial-env", conda)
    made.environment_variables = {"MODE": "local"}
    made.save_to_directory("saved")
    assert sorted(path.name for path in (folder / "saved").iterdir()) == ["azureml_environment.json", "conda_dependencies.yml"]
    definition = json.loads((folder / "saved" / "azureml_environment.json").read_text(encoding="utf-8"))
    assert definition["name"] == "tutorial-env"
    assert definition["environmentVariables"] == {"MODE": "local"}
    assert yaml.safe_load((folder / "saved" / "conda_dependencies.yml").read_text(encoding="utf-8"))["dependencies"]
    with pytest.raises(FileExistsError):
        made.save_to_directory("saved")
    made.save_to_directory("saved", overwrite=True)
    loaded = Environment.load_from_directory("saved")
    assert (loaded.name, loaded.environment_variables, packages(loaded)) == (
        "tutorial-env",
        {"MODE": "local"},
        ["azureml-defaults", "joblib==1.4.2"],
    )
    assert packages(loaded.clone("copy")) == packages(loaded)
    with pytest.raises(FileNotFoundError):
        Environment.load_from_directory("nothing")


def test_what_is_written_is_read_by_the_rest_of_scoredock(conda: Path, folder: Path) -> None:
    from scoredock.environment.reading import read_environment_file

    Environment.from_conda_specification("tutorial-env", conda).save_to_directory("saved")
    found = read_environment_file(folder / "saved" / "azureml_environment.json")
    assert (found.name, found.python) == ("tutorial-env", "=3.11")
    assert [line.name for line in found.pip] == ["azureml-defaults", "joblib"]


def test_from_requirements(folder: Path) -> None:
    (folder / "requirements.txt").write_text("# ours\nnumpy==2.2.6  # pinned\n\njoblib\n", encoding="utf-8")
    made = Environment.from_pip_requirements("e", "requirements.txt", pip_version="24.0")
    assert packages(made) == ["numpy==2.2.6", "joblib"]
    assert "pip=24.0" in made.python.conda_dependencies.conda_packages  # type: ignore[union-attr]
    with pytest.raises(UserErrorException, match="cannot be read"):
        Environment.from_pip_requirements("e", "missing.txt")


def test_from_an_image(conda: Path) -> None:
    made = Environment.from_docker_image("e", "my/image:1", conda_specification=conda)
    assert (made.docker.base_image, packages(made)) == ("my/image:1", ["azureml-defaults", "joblib==1.4.2"])
    assert Environment.from_docker_image("e", "my/image:1").python.conda_dependencies is None
    with pytest.raises(NotOnThisMachine, match="container_registry"):
        Environment.from_docker_image("e", "my/image:1", container_registry="r")
    with pytest.raises(UserErrorException, match="Only one of"):
        Environment.from_docker_image("e", "i", conda_specification=conda, pip_requirements=conda)


def test_from_a_dockerfile(conda: Path, folder: Path) -> None:
    (folder / "Dockerfile").write_text("FROM my/image:1\n", encoding="utf-8")
    for given in ("Dockerfile", "FROM my/image:1\n", io.StringIO("FROM my/image:1\n")):
        made = Environment.from_dockerfile("e", given, conda_specification=conda)
        assert (made.docker.base_dockerfile, made.docker.base_image) == ("FROM my/image:1\n", None)
        assert packages(made) == ["azureml-defaults", "joblib==1.4.2"]
    assert Environment.from_dockerfile("e", "FROM x").python.conda_dependencies is None
    made.save_to_directory("saved")
    assert Environment.load_from_directory("saved").docker.base_dockerfile == "FROM my/image:1\n"
    made.docker.base_image = "another"
    assert made.docker.base_dockerfile is None, "one or the other, as in the SDK"


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [
        ("docker", "arguments", ["--gpus", "all"]),
        ("docker", "build_context", "."),
        ("docker", "shm_size", "2g"),
        ("python", "base_conda_environment", "base"),
        (None, "inferencing_stack_version", "latest"),
        (None, "spark", object()),
    ],
)
def test_settings_that_cannot_be_honoured(section: str | None, name: str, value: Any) -> None:
    environment = Environment("e")
    with pytest.raises(NotOnThisMachine, match=name):
        setattr(environment if section is None else getattr(environment, section), name, value)


def test_settings_that_nobody_has() -> None:
    with pytest.raises(AttributeError):
        Environment("e").docker.base_imge = "typo"  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        Environment(7)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="no parameter 'docker_image'"):
        Environment("e", docker_image="x")


def test_create() -> None:
    made = CondaDependencies.create(conda_packages=["libgomp"], pip_packages=["numpy", "joblib==1.4"], python_version="3.11")
    assert made.get_python_version() == "3.11"
    assert made.conda_packages == ["libgomp"]
    assert made.pip_packages == ["numpy", "joblib==1.4"]
    assert made.conda_channels == ["anaconda", "conda-forge"]
    assert CondaDependencies.create().pip_packages == ["azureml-defaults"]
    with_index = CondaDependencies.create(pip_indexurl="https://an.index/simple", pip_packages=["x"])
    assert with_index.pip_options == ["--extra-index-url https://an.index/simple"]


def test_changing_packages(folder: Path) -> None:
    made = CondaDependencies.create(pip_packages=["Scikit_Learn==1.3"])
    made.add_pip_package("scikit-learn==1.7.2")
    made.add_pip_package("numpy")
    made.remove_pip_package("numpy")
    made.add_conda_package("conda-forge::libgomp=1")
    made.add_conda_package("libgomp=2")
    made.add_channel("mine")
    made.remove_channel("anaconda")
    made.set_python_version("3.12")
    made.set_pip_option("--find-links https://here")
    made.set_pip_option("--find-links https://there")
    made.set_pip_index_url("https://an.index")
    assert made.pip_packages == ["scikit-learn==1.7.2"]
    assert made.conda_packages == ["libgomp=2"]
    assert made.conda_channels == ["conda-forge", "mine"]
    assert sorted(made.pip_options) == ["--find-links https://there", "--index-url https://an.index"]
    made.remove_pip_option("--index-url")
    made.set_pip_requirements(["a", "b"])
    assert (made.pip_options, made.pip_packages) == (["--find-links https://there"], ["a", "b"])
    assert CondaDependencies(made.save("out.yml")).as_dict() == made.as_dict()
    assert made.save_to_file(folder / "deep", "mine.yml") == "mine.yml"
    assert (folder / "deep" / "mine.yml").is_file()
    assert CondaDependencies.merge_requirements(["a>=1", "a<2", "b"]) == ["a>=1,<2", "b"]
    with pytest.raises(UserErrorException, match="is an option of pip"):
        made.add_pip_package("--index-url x")
    with pytest.raises(UserErrorException, match="set_python_version"):
        made.add_conda_package("python=3.11")


@pytest.mark.parametrize("text", ["{", "[]", "dependencies: []\npackages: []\n", None])
def test_conda_files_that_are_none(folder: Path, text: str | None) -> None:
    if text is not None:
        (folder / "conda.yml").write_text(text, encoding="utf-8")
    with pytest.raises(UserErrorException):
        CondaDependencies("conda.yml" if text is not None else "missing.yml")
