"""Drift as findings on the lines of an environment file, for the editor. What changes with every machine and every day is
no business of a build step, so `scoredock check` does not say it."""

from __future__ import annotations

import re
from pathlib import Path

from scoredock.environment.azureml_json import read_azureml_environment
from scoredock.environment.drift import Drift, Line, State, against_definition, compare
from scoredock.environment.values import EnvironmentProblem, Specification
from scoredock.finding import Edit, Finding, Fix, Place, Severity
from scoredock.l10n import t

EXPORTED = "environment/azureml_environment.json"
# A lone name, with extras and a range at most: what can be replaced by an exact version without thinking.
_SIMPLE = re.compile(r"^(?P<name>[A-Za-z0-9][\w.-]*(?:\[[^\]]*\])?)\s*(?:[<>=!~][^;#@]*)?$")


def drift_findings(specification: Specification, drift: Drift) -> tuple[Finding, ...]:
    """SD413 for lines that the environment on this machine contradicts, SD414 for versions left open, SD415 once for an
    environment that is not there."""
    if all(line.installed is None and line.state is State.NOT_SYNCED for line in drift.lines):
        return _not_synced(specification, drift)
    found = [finding for line in drift.lines if (finding := _of(line, specification))]
    others = [t("{0} {1} was added", name, version) for name, version in drift.extra]
    others += [t("{0} is gone", name) for name in drift.missing]
    first = _first_place(specification)
    if others and first is not None:
        message = t("The environment on this machine was changed after its sync: {0}. Sync it again.", ", ".join(others[:5]))
        found.append(Finding(first, "SD413", "environment-drifted", Severity.WARNING, message))
    return tuple(found)


def definition_findings(specification: Specification) -> tuple[Finding, ...]:
    """SD413 for lines that say something else than the definition that was exported to Azure, where one lies beside the file
    (`scoredock env export` writes it there)."""
    exported = Path(specification.path).parent / EXPORTED
    if not exported.is_file():
        return ()
    try:
        drift = against_definition(specification, read_azureml_environment(exported))
    except EnvironmentProblem:
        return ()  # a file of another kind; whoever opens it is told
    again = t("'{0}' was exported from an earlier text of this file: export it again before Azure builds from it.", EXPORTED)
    return tuple(
        Finding(line.place, "SD413", "environment-drifted", Severity.INFORMATION, f"{line.message} {again}")
        for line in drift.lines
        if line.state in (State.DRIFTED, State.NOT_SYNCED) and line.place is not None
    )


def service_findings(specification: Specification, service: str, installed: dict[str, str]) -> tuple[Finding, ...]:
    """SD413 for lines that a running service does not keep: the file was changed after the service was made."""
    found = []
    for line in compare(specification, installed, ()).lines:
        if line.place is None or line.state not in (State.DRIFTED, State.NOT_SYNCED):
            continue
        what = (
            t("The service '{0}' runs with {1} {2}, this line asks for '{3}'.", service, line.name, line.installed, line.wanted)
            if line.installed
            else t("The service '{0}' runs without {1}, this line asks for '{2}'.", service, line.name, line.wanted)
        )
        message = f"{what} {t('Update the service.')}"
        found.append(Finding(line.place, "SD413", "environment-drifted", Severity.INFORMATION, message))
    return tuple(found)


def _of(line: Line, specification: Specification) -> Finding | None:
    if line.place is None or line.state is State.IN_SYNC:
        return None
    if line.state is State.UNPINNED:
        message = t(
            "{0} {1} is used here, but the file leaves the version open: Azure may build with another.", line.name, line.installed
        )
        fix = _pin(line, conda=any(item.place == line.place for item in specification.conda))
        return Finding(line.place, "SD414", "dependency-unpinned", Severity.INFORMATION, message, fix)
    message = f"{line.verdict} {t('Sync the environment again.')}"
    return Finding(line.place, "SD413", "environment-drifted", Severity.WARNING, message)


def _not_synced(specification: Specification, drift: Drift) -> tuple[Finding, ...]:
    place = _first_place(specification)
    if not drift.lines or place is None:
        return ()
    message = t("This environment is not synced on this machine: imports are not checked against it, and nothing runs in it yet.")
    return (Finding(place, "SD415", "environment-not-synced", Severity.INFORMATION, message),)


def _first_place(specification: Specification) -> Place | None:
    def own(place: Place | None) -> bool:
        return place is not None and place.path == Path(specification.path)

    places = [specification.python_place, *(item.place for item in (*specification.conda, *specification.pip))]
    return min((place for place in places if place is not None and own(place)), default=None)


def _pin(line: Line, *, conda: bool) -> Fix | None:
    match = _SIMPLE.match(line.wanted)
    if match is None or line.installed is None or line.place is None:
        return None
    # A quoted text is longer in the file than in its value: leave it to its author.
    if line.place.line != line.place.end_line or line.place.end_column - line.place.column != len(line.wanted):
        return None
    pinned = f"{match['name'].rstrip('=')}{'=' if conda else '=='}{line.installed}"
    return Fix(t("Pin to {0}", line.installed), (Edit(line.place, pinned),))
