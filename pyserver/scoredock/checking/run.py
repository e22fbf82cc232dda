"""Checks over files: read, gather the facts, ask the contract."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from scoredock.checking.decode import decode
from scoredock.checking.files import python_files
from scoredock.contract.check import check
from scoredock.contract.facts import Facts
from scoredock.finding import Finding


@dataclass(frozen=True, slots=True)
class Checked:
    """One file with all that is to be said of it; ``problem`` when it could not be read."""

    path: Path
    findings: tuple[Finding, ...] = ()
    problem: str | None = None


def check_paths(paths: Iterable[Path]) -> Iterator[Checked]:
    """Check files and everything below folders."""
    for path in python_files(paths):
        yield check_file(path)


def check_file(path: Path) -> Checked:
    """Check one file."""
    try:
        data = path.read_bytes()
    except OSError as error:
        return Checked(path, problem=f"{path}: cannot be read: {error.strerror or error}")
    decoded = decode(data)
    facts = Facts()
    if decoded.problem is not None:
        facts = replace(facts, syntax=decoded.problem)
    return Checked(path, check(decoded.text, path, facts))
