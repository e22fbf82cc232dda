"""Findings as one JSON list, 1-based, columns in code points."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scoredock.checking.run import Checked
    from scoredock.finding import Finding, Place


def document(checked: list[Checked]) -> str:
    return json.dumps([record(finding) for one in checked for finding in one.findings], indent=2)


def record(finding: Finding) -> dict[str, Any]:
    return {
        **where(finding.place),
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.value,
        "message": finding.message,
        "fix": {
            "title": finding.fix.title,
            "edits": [{**where(edit.place), "text": edit.text} for edit in finding.fix.edits],
        }
        if finding.fix
        else None,
    }


def where(place: Place) -> dict[str, Any]:
    return {
        "path": str(place.path),
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
    }
