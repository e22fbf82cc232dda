"""What the files around a document say: its project's findings, and the facts that the contract needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scoredock.contract.facts import Facts, Role
from scoredock.finding import Finding
from scoredock.project import read_project
from scoredock.project.values import Source


@dataclass(frozen=True, slots=True)
class Surroundings:
    """``facts`` are for the contract when the document is a script."""

    findings: tuple[Finding, ...]
    facts: Facts


def look_around(path: Path, overlay: Mapping[Path, str], *, trusted: bool) -> Surroundings:
    """Read the project of a document with what is not saved yet. Where the workspace is not ``trusted`` nothing of the
    user's is run for it."""
    reading = read_project(path, overlay=overlay)
    project = reading.project
    named = project is not None and project.entry_script == path and project.source is not Source.INFERRED
    return Surroundings(reading.findings, Facts(role=Role.ENTRY_SCRIPT if named else Role.UNKNOWN))
