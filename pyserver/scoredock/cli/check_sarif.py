"""Findings as SARIF 2.1.0, which code-scanning services read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from scoredock import __version__
from scoredock.contract.explain import explain, summary

if TYPE_CHECKING:
    from scoredock.checking.run import Checked
    from scoredock.finding import Finding, Place

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {"error": "error", "warning": "warning", "information": "note"}


def document(checked: list[Checked]) -> str:
    findings = [finding for one in checked for finding in one.findings]
    rules: dict[str, str] = {finding.code: finding.name for finding in findings}
    order = {code: number for number, code in enumerate(sorted(rules))}
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "Scoredock",
                "version": __version__,
                "rules": [describe(code, rules[code]) for code in sorted(rules)],
            }
        },
        # SARIF counts columns in the unit named here; ours are code points.
        "columnKind": "unicodeCodePoints",
        "results": [result(finding, order[finding.code]) for finding in findings],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def describe(code: str, name: str) -> dict[str, Any]:
    described: dict[str, Any] = {"id": code, "name": name, "shortDescription": {"text": summary(code) or name}}
    if page := explain(code):
        # The page itself, not its address: whoever reads the report need not have Scoredock.
        described["help"] = {"text": page, "markdown": page}
    return described


def result(finding: Finding, rule: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": LEVELS[finding.severity.value],
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": location(finding.place)}],
    }
    if finding.related:
        found["relatedLocations"] = [
            {"physicalLocation": location(place), "message": {"text": sentence}} for place, sentence in finding.related
        ]
    if finding.fix:
        changes: dict[Path, list[dict[str, Any]]] = {}
        for edit in finding.fix.edits:
            replacement = {"deletedRegion": region(edit.place), "insertedContent": {"text": edit.text}}
            changes.setdefault(edit.place.path, []).append(replacement)
        found["fixes"] = [
            {
                "description": {"text": finding.fix.title},
                "artifactChanges": [
                    {"artifactLocation": {"uri": uri(path)}, "replacements": replacements}
                    for path, replacements in changes.items()
                ],
            }
        ]
    return found


def location(place: Place) -> dict[str, Any]:
    return {"artifactLocation": {"uri": uri(place.path)}, "region": region(place)}


def region(place: Place) -> dict[str, int]:
    return {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }


def uri(path: Path) -> str:
    """A URI: relative paths stay relative, so that a report made in a build names files of the repository."""
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
