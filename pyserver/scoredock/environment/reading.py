"""From what a project says about its environment to a Specification."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as AnyMapping
from dataclasses import replace
from pathlib import Path

from scoredock.environment.conda_file import read_conda_root, read_conda_text
from scoredock.environment.requirement_lines import PipLines, read_text
from scoredock.environment.values import EnvironmentProblem, Specification
from scoredock.l10n import t
from scoredock.project.marked import Mapping, Marked
from scoredock.project.marked_yaml import read_yaml
from scoredock.project.values import CondaFile, DockerBuild, EnvironmentReference, EnvironmentSource, RequirementsFile


def read_specification(source: EnvironmentSource, overlay: AnyMapping[Path, str] | None = None) -> Specification:
    """Read the file behind ``source`` and every file it includes; raises EnvironmentProblem with the place.

    A project without any environment file gets an empty specification: Python and the inference server alone. ``overlay``
    holds texts that an editor has not saved yet.
    """
    if source is None:
        return Specification(Path(), kind="none")
    if isinstance(source, CondaFile):
        if source.inline is not None:
            return _read_inline(source.inline, source.path)
        unsaved = (overlay or {}).get(source.path)
        return read_environment_file(source.path) if unsaved is None else read_conda_text(unsaved, source.path)
    if isinstance(source, RequirementsFile):
        return read_requirements(source.path, (overlay or {}).get(source.path))
    if isinstance(source, EnvironmentReference):
        from scoredock.environment.sources import resolve

        return resolve(source)
    if isinstance(source, DockerBuild):
        raise EnvironmentProblem(
            t("The environment is built from {0}, so there is no list of packages to install here.", source.dockerfile),
            t("Deploy it with '--target docker', or give the deployment a conda file."),
        )
    raise TypeError(source)


def read_environment_file(path: Path) -> Specification:
    """Read any file that can describe an environment: a conda file, requirements, or v1's `azureml_environment.json`."""
    if path.suffix == ".json":
        from scoredock.environment.azureml_json import read_azureml_environment

        return read_azureml_environment(path)
    if path.suffix in (".txt", ".in", ".pip"):
        return read_requirements(path)
    return read_conda_text(read_text(path), path)


def _read_inline(text: str, path: Path) -> Specification:
    """A definition that stands inside another file: with its places there, where the file on the disk still says the same."""
    found = read_conda_text(text, path)
    try:
        root = read_yaml(read_text(path), path).root
    except EnvironmentProblem:
        root = None
    for mapping in _definitions_in(root):
        try:
            there = read_conda_root(mapping, path, folder=path.parent)
        except EnvironmentProblem:
            continue
        if _wishes(there) == _wishes(found):
            return there
    # The editor shows another text than the disk holds: no place is better than a wrong one.
    return replace(
        found,
        python_place=None,
        conda=tuple(replace(item, place=None) for item in found.conda),
        pip=tuple(replace(item, place=None) for item in found.pip),
        constraints=tuple(replace(item, place=None) for item in found.constraints),
    )


def _definitions_in(node: Marked | None) -> Iterator[Mapping]:
    if isinstance(node, Mapping):
        if node.get("dependencies") is not None:
            yield node
        for entry in node.entries:
            yield from _definitions_in(entry.value)


def _wishes(specification: Specification) -> tuple[object, ...]:
    items = (*specification.conda, *specification.pip, *specification.constraints)
    return specification.python, specification.channels, specification.pip_options, tuple(item.text for item in items)


def is_environment_file(path: Path) -> bool:
    """Whether a file describes an environment by itself, by its ending and its top-level keys."""
    if path.suffix in (".txt", ".in", ".pip"):
        return True
    if path.suffix not in (".yml", ".yaml", ".json"):
        return False
    try:
        root = read_yaml(read_text(path), path).root
    except EnvironmentProblem:
        return False
    return isinstance(root, Mapping) and (root.get("dependencies") is not None or root.get("python") is not None)


def read_requirements(path: Path, text: str | None = None) -> Specification:
    """Read a pip requirements file with its includes; ``text`` is what an editor shows of it instead of the disk."""
    lines = PipLines()
    lines.read_file(path.absolute(), text=text)
    return Specification(
        path=path,
        pip=tuple(lines.requirements),
        pip_options=tuple(lines.options),
        kind="requirements",
        constraints=tuple(lines.constraints),
        read_files=tuple(lines.read_files),
    )
