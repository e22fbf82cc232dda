"""Checks over files: read, gather the facts, ask the contract."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from scoredock.checking.decode import decode
from scoredock.checking.files import python_files
from scoredock.contract.check import check
from scoredock.contract.facts import Facts
from scoredock.finding import Finding

if TYPE_CHECKING:
    from scoredock.checking.gather import Surroundings
    from scoredock.project.values import Project

# A text without any of these words is no entry script, and nothing around it needs to be read.
WORDS = (b"init", b"run")


@dataclass(frozen=True, slots=True)
class Checked:
    """One file with all that is to be said of it; ``problem`` when it could not be read."""

    path: Path
    findings: tuple[Finding, ...] = ()
    problem: str | None = None


def check_paths(paths: Iterable[Path]) -> Iterator[Checked]:
    """Check files and everything below folders: scripts, and the project files that describe them."""
    from scoredock.checking.gather import Surroundings

    given = list(paths)
    surroundings = Surroundings()
    for path in given:
        if path.is_dir():
            yield from _project_files(path, surroundings)
        elif path.suffix != ".py":
            yield _project_file(path, surroundings)
    for path in python_files(path for path in given if path.is_dir() or path.suffix == ".py"):
        yield check_file(path, surroundings)


def check_file(path: Path, surroundings: Surroundings) -> Checked:
    """Check one script with what is around it."""
    try:
        data = path.read_bytes()
    except OSError as error:
        return Checked(path, problem=f"{path}: cannot be read: {error.strerror or error}")
    decoded = decode(data)
    facts = surroundings.facts(decoded.text, path) if all(word in data for word in WORDS) else Facts()
    if decoded.problem is not None:
        facts = replace(facts, syntax=decoded.problem)
    return Checked(path, check(decoded.text, path, facts))


def _project_files(folder: Path, surroundings: Surroundings) -> Iterator[Checked]:
    from scoredock.project import find_projects

    found: dict[Path, list[Finding]] = {}
    for reading in find_projects(folder):
        if reading.project is not None:
            surroundings.know(reading.project)
        for finding in (*reading.findings, *of_models(reading.project, surroundings)):
            found.setdefault(finding.place.path, []).append(finding)
    for path, findings in sorted(found.items()):
        yield Checked(path, tuple(sorted(set(findings), key=lambda finding: (finding.place, finding.code))))


def _project_file(path: Path, surroundings: Surroundings) -> Checked:
    from scoredock.project import read_project

    reading = read_project(path)
    if reading.project is not None:
        surroundings.know(reading.project)
    return Checked(path, (*reading.findings, *of_models(reading.project, surroundings)))


def of_models(project: Project | None, surroundings: Surroundings) -> tuple[Finding, ...]:
    """What model files give cause to say, on the lines of the deployment file that mount them."""
    if project is None or not any(mount.place for mount in project.models):
        return ()
    from scoredock.checking.model_files import mount_findings

    environment = surroundings.environment(project)
    return mount_findings(project, environment.facts if environment is not None else None)
