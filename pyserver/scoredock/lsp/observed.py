"""Findings of a running service on lines that are being edited: they move with their line, and go when it is changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from lsprotocol import types

from scoredock.finding import Finding


def shift(findings: Iterable[Finding], changes: Sequence[types.TextDocumentContentChangeEvent]) -> tuple[Finding, ...]:
    """The findings after an edit: those below it move, those on a changed line are gone (what was seen is not there now)."""
    kept = list(findings)
    for change in changes:
        if not isinstance(change, types.TextDocumentContentChangePartial):
            return ()
        first, last = change.range.start.line + 1, change.range.end.line + 1
        added = change.text.count("\n") - (last - first)
        kept = [moved for finding in kept if (moved := _moved(finding, first, last, added)) is not None]
    return tuple(kept)


def _moved(finding: Finding, first: int, last: int, added: int) -> Finding | None:
    place = finding.place
    if place.end_line < first:
        return finding
    if place.line > last:
        return replace(finding, place=replace(place, line=place.line + added, end_line=place.end_line + added))
    return None
