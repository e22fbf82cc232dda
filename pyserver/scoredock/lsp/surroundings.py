"""What the files around a document say: its project's findings, and the facts that the contract needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scoredock.checking.gather import Surroundings
from scoredock.checking.run import of_models
from scoredock.contract.facts import Facts
from scoredock.finding import Finding
from scoredock.lsp.environment_files import is_environment_text, specification_of_text
from scoredock.project import read_project


@dataclass(frozen=True, slots=True)
class Around:
    """``facts`` are for the contract when the document is a script, ``None`` otherwise."""

    findings: tuple[Finding, ...]
    facts: Facts | None


# Environment file -> the services made from it that run, each with its packages (normalised name -> version).
Running = Mapping[Path, Mapping[str, dict[str, str]]]


def look_around(path: Path, text: str | None, overlay: Mapping[Path, str], *, trusted: bool, running: Running) -> Around:
    """Read the project of a document, with what is not saved yet; ``text`` is that of a script.

    Where the workspace is not ``trusted`` nothing of the user's is run, not even their Python to ask for its version.
    """
    reading = read_project(path, overlay=overlay)
    surroundings = Surroundings(may_run=trusted, overlay=overlay)
    if text is None:
        return Around((*reading.findings, *of_models(reading.project, surroundings), *_drift(path, overlay, running)), None)
    if reading.project is not None:
        surroundings.know(reading.project)
    return Around(reading.findings, surroundings.facts(text, path))


def _drift(path: Path, overlay: Mapping[Path, str], running: Running) -> tuple[Finding, ...]:
    """What is to be said of an environment file beside the environment on this machine, what was exported, and what runs."""
    text = overlay.get(path)
    if text is None or not is_environment_text(path, text):
        return ()
    try:
        from scoredock.environment.drift import environment_drift
        from scoredock.environment.drift_findings import definition_findings, drift_findings, service_findings
    except ImportError:  # the bundled server before its tools have come: nothing is synced then either
        return ()
    specification = specification_of_text(path, text)
    if specification is None:
        return ()
    found = [*drift_findings(specification, environment_drift(specification)), *definition_findings(specification)]
    said = {finding.place for finding in found if finding.code == "SD413"}
    for service, installed in running.get(path, {}).items():
        found.extend(finding for finding in service_findings(specification, service, installed) if finding.place not in said)
    return tuple(finding for finding in found if finding.place.path == path)
