"""A conda file (or the same definition written inside a deployment file) as a Specification."""

from __future__ import annotations

import re
from pathlib import Path

from scoredock.environment.requirement_lines import PipLines
from scoredock.environment.values import EnvironmentProblem, Requirement, Specification
from scoredock.finding import Place
from scoredock.l10n import t
from scoredock.project.marked import Mapping, Marked, Scalar, Sequence
from scoredock.project.marked_yaml import read_yaml

# Installers that every environment gets anyway: asking for them is no conda package to solve for, unless with a version.
_NAME = re.compile(r"^\s*(?:(?P<channel>[^\s:]+)::)?(?P<name>[A-Za-z0-9_][A-Za-z0-9_.-]*)\s*(?P<rest>.*?)\s*$", re.DOTALL)


def conda_name(text: str) -> tuple[str, str]:
    """Name (lower case, without a channel) and what follows it: ``"conda-forge::NumPy >=1.2"`` -> ``("numpy", ">=1.2")``."""
    match = _NAME.match(text)
    if not match:
        return "", text.strip()
    return match["name"].lower(), match["rest"]


def read_conda_text(text: str, path: Path, *, folder: Path | None = None) -> Specification:
    """Read a definition; ``folder`` is what its relative paths are relative to (the file's own unless given)."""
    folder = folder or path.parent
    document = read_yaml(text, path)
    for problem in document.problems:
        if problem.kind == "unreadable":
            raise EnvironmentProblem(problem.message, t("Correct the file."), place=problem.place)
    root = document.root
    if not isinstance(root, Mapping):
        raise EnvironmentProblem(
            t("{0} is no conda file: it holds no 'dependencies'.", path.name),
            t("Write 'dependencies:' with a list of packages."),
            place=root.place if root else None,
        )
    return read_conda_root(root, path, folder=folder)


def read_conda_root(root: Mapping, path: Path, *, folder: Path) -> Specification:
    """Read a definition that is already a tree: the whole of a conda file, or a part of another file."""
    found = _Found(PipLines(), [])
    dependencies = root.get("dependencies")
    if dependencies is not None and not (isinstance(dependencies, Scalar) and dependencies.value is None):
        for item in _items(dependencies, "dependencies"):
            found.take(item, folder)
    pip = found.pip
    return Specification(
        path=path,
        name=_text(root.get("name")),
        python=found.python,
        channels=tuple(item.text for item in _scalars(root.get("channels"), "channels")),
        conda=tuple(found.conda),
        pip=tuple(pip.requirements),
        pip_options=tuple(pip.options),
        variables=_variables(root.get("variables")),
        has_pip=found.has_pip,
        kind="conda",
        python_place=found.python_place,
        constraints=tuple(pip.constraints),
        read_files=(path, *pip.read_files),
    )


class _Found:
    def __init__(self, pip: PipLines, conda: list[Requirement]) -> None:
        self.pip, self.conda = pip, conda
        self.python: str | None = None
        self.python_place: Place | None = None
        self.has_pip = False

    def take(self, item: Marked, folder: Path) -> None:
        if isinstance(item, Scalar) and isinstance(item.value, str):
            self._package(item, folder)
        elif isinstance(item, Mapping) and item.keys() == ("pip",):
            section = item.get("pip")
            if isinstance(section, Scalar) and section.value is None:
                return
            for line in _items(section, "pip"):
                if not isinstance(line, Scalar) or line.value is None:
                    raise EnvironmentProblem(
                        t("A line of the pip section is not text."), t("Write one package."), place=line.place
                    )
                # A block scalar may hold several lines; pip gets the section as one file, so each is a line of it.
                for text in line.text.splitlines():
                    self.pip.add(text, line.place, folder)
        else:
            raise EnvironmentProblem(
                t("This item of 'dependencies' ('{0}') is neither a package nor a 'pip:' section.", item.text)
                if isinstance(item, Scalar)
                else t("This item of 'dependencies' is neither a package nor a 'pip:' section."),
                t("Write a package such as 'numpy=1.26.4', or '- pip:' with an indented list under it."),
                place=item.place,
            )

    def _package(self, item: Scalar, folder: Path) -> None:
        name, rest = conda_name(item.text)
        if not name:
            raise EnvironmentProblem(t("'{0}' is not the name of a package.", item.text), t("Correct it."), place=item.place)
        if name == "python":
            self.python, self.python_place = rest, item.place
        elif name == "pip" and not self.has_pip:
            self.has_pip = True
            if rest:
                self.conda.append(Requirement(item.text, "pip", item.place, folder))
        elif name != "pip":
            self.conda.append(Requirement(item.text, name, item.place, folder))


def _items(value: Marked | None, key: str) -> tuple[Marked, ...]:
    if isinstance(value, Sequence):
        return value.items
    raise EnvironmentProblem(
        t("'{0}' is not a list.", key),
        t("Write each item of '{0}' on its own line after '- '.", key),
        place=value.place if value else None,
    )


def _scalars(value: Marked | None, key: str) -> list[Scalar]:
    if value is None or (isinstance(value, Scalar) and value.value is None):
        return []
    return [item for item in _items(value, key) if isinstance(item, Scalar)]


def _text(value: Marked | None) -> str | None:
    return value.text if isinstance(value, Scalar) and value.value is not None else None


def _variables(value: Marked | None) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, Mapping):
        return ()
    return tuple((entry.key.text, entry.value.text) for entry in value.entries if isinstance(entry.value, Scalar))
