"""Conda files of many shapes, each with what it means, or what is wrong with it, in its first line."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from scoredock.environment.conda_versions import as_pep440, exact_version, version_and_build
from scoredock.environment.key import environment_key
from scoredock.environment.reading import is_environment_file, read_environment_file, read_specification
from scoredock.environment.requirement_lines import without_credentials
from scoredock.environment.values import EnvironmentProblem, Requirement, Specification, Strategy
from scoredock.project.values import CondaFile, DockerBuild, EnvironmentReference

FILES = sorted((Path(__file__).parent / "files").glob("*.yml"))


def names(items: tuple[Requirement, ...]) -> str:
    return " ".join(item.name or "-" for item in items)


def expectation(path: Path) -> list[str]:
    return shlex.split(path.read_text(encoding="utf-8-sig").splitlines()[0].removeprefix("# "))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_conda_file_means_what_its_first_line_says(path: Path) -> None:
    kind, *rest = expectation(path)
    if kind == "error":
        with pytest.raises(EnvironmentProblem, match=rest[0]) as raised:
            read_environment_file(path)
        assert raised.value.place is not None
        assert raised.value.place.line == int(rest[2])
        assert raised.value.todo
        return
    wanted = dict(zip(rest[::2], rest[1::2], strict=True))
    found = read_environment_file(path)
    assert (found.python if found.python is not None else "None") == wanted["python"]
    assert sorted(names(found.conda).replace("pip", "").split()) == sorted(wanted["conda"].split())
    assert sorted(names(found.pip).split()) == sorted(wanted["pip"].split())
    assert "|".join(option.split(" ")[0] for option in found.pip_options) == wanted.get("options", "")
    assert " ".join(name for name, _ in found.variables) == wanted.get("variables", "")
    assert names(found.constraints) == wanted.get("constraints", "")
    for item in (*found.conda, *found.pip):
        assert item.place is not None
        line = item.place.path.read_text(encoding="utf-8-sig").splitlines()[item.place.line - 1]
        if "|" not in line:
            assert item.text.split(" ")[0].strip("\\") in line
    environment_key(found, Strategy.UV)


def test_every_file_that_was_read_is_named() -> None:
    found = read_environment_file(Path(__file__).parent / "files" / "09-include.yml")
    assert [path.name for path in found.read_files] == ["09-include.yml", "base.txt", "more.txt"]
    assert {item.place.path.name for item in found.pip if item.place} == {"09-include.yml", "base.txt", "more.txt"}


@pytest.mark.parametrize(
    ("rest", "specifier", "exact", "build"),
    [
        ("=1.2", "==1.2.*", None, ""),
        ("=1.2.*", "==1.2.*", None, ""),
        ("==1.2.3", "==1.2.3", "1.2.3", ""),
        ("1.2.3", "==1.2.3", "1.2.3", ""),
        ("1.2*", "==1.2.*", None, ""),
        ("=1.2=py38_0", "==1.2.*", None, "py38_0"),
        ("1.2 py38_0", "==1.2", "1.2", "py38_0"),
        (">=1,<2", ">=1,<2", None, ""),
        ("~=1.4", "~=1.4", None, ""),
        ("!=1.3.*", "!=1.3.*", None, ""),
        ("1.2|1.4", None, None, ""),
        ("*", "", None, ""),
        ("", "", None, ""),
        ("[version='>=3.1,<4']", ">=3.1,<4", None, ""),
        ("[version='1.0', build=0]", "==1.0", "1.0", ""),
        ("=not a version", None, None, "version"),
    ],
)
def test_conda_versions_in_the_words_of_pip(rest: str, specifier: str | None, exact: str | None, build: str) -> None:
    if specifier is not None or "|" in rest:
        assert as_pep440(rest) == specifier
        assert exact_version(rest) == exact
        assert version_and_build(rest)[1] == build
    else:
        assert as_pep440(rest) is None


def test_the_key_follows_content_not_form(tmp_path: Path) -> None:
    def key(text: str, name: str = "conda.yml") -> str:
        (tmp_path / name).write_text(text)
        return environment_key(read_environment_file(tmp_path / name), Strategy.UV)

    first = key("name: a\ndependencies:\n  - python=3.9\n  - pip:\n      - numpy==1.0\n      - six\n")
    same = "# other\nname: b\nvariables: {A: 1}\ndependencies:\n- python=3.9\n- pip:\n  - six\n  - 'numpy == 1.0'\n"
    assert key(same, "other.yml") == first
    assert key("dependencies:\n  - python=3.9\n  - pip:\n      - numpy==1.1\n      - six\n") != first
    assert key("dependencies:\n  - python=3.10\n  - pip:\n      - numpy==1.0\n      - six\n") != first
    assert key("python\nnumpy==1.0\nsix\n", "requirements.txt") != first


def test_the_key_follows_a_local_package(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "pyproject.toml").write_text("[project]\nname='x'\nversion='1'\n")
    path = tmp_path / "requirements.txt"
    path.write_text("./package\n")

    def key() -> str:
        return environment_key(read_environment_file(path), Strategy.UV)

    first = key()
    (package / "build").mkdir()
    (package / "build" / "x.py").write_text("built")
    assert key() == first
    (package / "x.py").write_text("written")
    assert key() != first


def test_azureml_environment_json(tmp_path: Path) -> None:
    path = tmp_path / "azureml_environment.json"
    definition = {"channels": ["conda-forge"], "dependencies": ["python=3.8", {"pip": ["azureml-defaults"]}], "name": "inner"}
    content = {"name": "tutorial-env", "python": {"condaDependencies": definition}, "environmentVariables": {"A": "1"}}
    path.write_text(json.dumps(content, indent=2))
    assert is_environment_file(path)
    found = read_environment_file(path)
    assert (found.name, found.python, names(found.pip)) == ("tutorial-env", "=3.8", "azureml-defaults")
    assert found.variables == (("A", "1"),)
    assert found.pip[0].place is not None
    assert "azureml-defaults" in path.read_text().splitlines()[found.pip[0].place.line - 1]
    path.write_text(json.dumps({"python": {"condaDependenciesFile": "conda_dependencies.yml"}}))
    (tmp_path / "conda_dependencies.yml").write_text("dependencies: [python=3.9]\n")
    assert read_environment_file(path).python == "=3.9"
    path.write_text(json.dumps({"python": {"userManagedDependencies": True, "condaDependencies": definition}}))
    managed = read_environment_file(path)
    assert (managed.interpreter, managed.pip) == ("python", ())
    path.write_text('{"python": ')
    with pytest.raises(EnvironmentProblem) as raised:
        read_environment_file(path)
    assert raised.value.place is not None


def test_sources_that_are_no_file(tmp_path: Path) -> None:
    nothing = read_specification(None)
    assert nothing == Specification(Path(), kind="none")
    with pytest.raises(EnvironmentProblem, match="workspace"):
        read_specification(EnvironmentReference("azureml:somewhere:3"))
    with pytest.raises(EnvironmentProblem, match="Dockerfile"):
        read_specification(DockerBuild(tmp_path, tmp_path / "Dockerfile"))
    inline = read_specification(CondaFile(tmp_path / "deployment.yml", inline="dependencies: [python=3.9, {pip: [./x]}]"))
    assert inline.pip[0].folder == tmp_path
    with pytest.raises(EnvironmentProblem, match="does not exist"):
        read_specification(CondaFile(tmp_path / "absent.yml"))


@pytest.mark.parametrize("text", ["https://me:pw@host/x", "git+https://tok@host/x", "a https://u:p@h b https://v:q@i"])
def test_credentials_are_blotted_out(text: str) -> None:
    clean = without_credentials(text)
    assert not re.search(r"pw|tok|u:p|v:q|me:", clean)
    assert "****@" in clean


@pytest.mark.parametrize("saved", [True, False])
def test_a_definition_inside_another_file_has_its_places_there(tmp_path: Path, saved: bool) -> None:
    path = tmp_path / "deployment.yml"
    version = "1.16.0" if saved else "1.15.0"
    path.write_text(
        f"name: blue\nenvironment:\n  conda_file:\n    dependencies:\n      - python=3.9\n      - pip: [six=={version}]\n"
    )
    found = read_specification(CondaFile(path, inline="dependencies:\n- python=3.9\n- pip:\n  - six==1.16.0\n"))
    assert [item.text for item in found.pip] == ["six==1.16.0"]
    places = (found.python_place, found.pip[0].place)
    assert [place.line if place else None for place in places] == ([5, 6] if saved else [None, None])
