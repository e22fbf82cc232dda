"""SDK v1's `azureml_environment.json`, which `Environment.save_to_directory` writes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from scoredock.environment.conda_file import read_conda_root, read_conda_text
from scoredock.environment.requirement_lines import read_text
from scoredock.environment.values import EnvironmentProblem, Specification
from scoredock.l10n import t
from scoredock.project.marked import Mapping, Marked, Scalar
from scoredock.project.marked_yaml import read_yaml


def read_azureml_environment(path: Path) -> Specification:
    """Read the conda definition inside (or beside) the JSON, with the environment's own name and variables."""
    document = read_yaml(read_text(path), path)  # JSON is YAML; this reader knows places
    for problem in document.problems:
        if problem.kind == "unreadable":
            raise EnvironmentProblem(problem.message, t("Correct the file."), place=problem.place)
    root = document.root
    python = root.get("python") if isinstance(root, Mapping) else None
    if not isinstance(root, Mapping) or not isinstance(python, Mapping):
        raise EnvironmentProblem(
            t("{0} is no Azure ML environment: it has no 'python' section.", path.name),
            t("Write it with SDK v1's Environment.save_to_directory, or give a conda file."),
            place=root.place if root else None,
        )
    managed = python.get("userManagedDependencies")
    if isinstance(managed, Scalar) and managed.value is True:
        return _user_managed(root, python, path)
    specification = _definition(python, path)
    variables = root.get("environmentVariables")
    own = _pairs(variables) if isinstance(variables, Mapping) else ()
    name = root.get("name")
    return replace(
        specification,
        path=path,
        name=name.text if isinstance(name, Scalar) and name.value else specification.name,
        variables=(*specification.variables, *own),
    )


def _user_managed(root: Mapping, python: Mapping, path: Path) -> Specification:
    """The packages are the user's business: only the interpreter is named ("python" is v1's default)."""
    interpreter, variables, name = python.get("interpreterPath"), root.get("environmentVariables"), root.get("name")
    named = isinstance(interpreter, Scalar) and bool(interpreter.value)
    return Specification(
        path=path,
        name=name.text if isinstance(name, Scalar) and name.value else None,
        variables=_pairs(variables) if isinstance(variables, Mapping) else (),
        kind="none",
        python_place=interpreter.place if interpreter else None,
        read_files=(path,),
        interpreter=interpreter.text if isinstance(interpreter, Scalar) and named else "python",
    )


def _definition(python: Mapping, path: Path) -> Specification:
    definition = python.get("condaDependencies")
    if isinstance(definition, Mapping):
        return read_conda_root(definition, path, folder=path.parent)
    file = python.get("condaDependenciesFile")
    named = isinstance(file, Scalar) and bool(file.value)
    # save_to_directory leaves the definition out of the JSON and writes it beside it under this name.
    conda = path.parent / (file.text if isinstance(file, Scalar) and named else "conda_dependencies.yml")
    if not named and not conda.exists():
        raise EnvironmentProblem(
            t("{0} holds no conda definition, and there is no conda_dependencies.yml beside it.", path.name),
            t("Put that file beside it, or name a conda file in 'condaDependenciesFile'."),
            place=python.place,
        )
    found = read_conda_text(read_text(conda, file.place if file else None), conda)
    return replace(found, read_files=(path, *found.read_files))


def _pairs(mapping: Mapping) -> tuple[tuple[str, str], ...]:
    def text(value: Marked) -> str:
        return value.text if isinstance(value, Scalar) else ""

    return tuple((entry.key.text, text(entry.value)) for entry in mapping.entries)
