"""What the files around a document say: its project's findings, and the facts that the contract needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scoredock.checking.gather import Surroundings
from scoredock.contract.facts import Facts
from scoredock.finding import Finding
from scoredock.project import read_project


@dataclass(frozen=True, slots=True)
class Around:
    """``facts`` are for the contract when the document is a script, ``None`` otherwise."""

    findings: tuple[Finding, ...]
    facts: Facts | None


def look_around(path: Path, text: str | None, overlay: Mapping[Path, str], *, trusted: bool) -> Around:
    """Read the project of a document, with what is not saved yet; ``text`` is that of a script.

    Where the workspace is not ``trusted`` nothing of the user's is run, not even their Python to ask for its version.
    """
    reading = read_project(path, overlay=overlay)
    if text is None:
        return Around(reading.findings, None)
    surroundings = Surroundings(may_run=trusted, overlay=overlay)
    if reading.project is not None:
        surroundings.know(reading.project)
    return Around(reading.findings, surroundings.facts(text, path))
