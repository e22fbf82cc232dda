"""Applying a fix to a text, as an editor does."""

from __future__ import annotations

from itertools import pairwise

from scoredock.contract.text import LINE_END
from scoredock.finding import Fix


def apply(text: str, fix: Fix) -> str:
    starts = [0, *(match.end() for match in LINE_END.finditer(text))]

    def offset(line: int, column: int) -> int:
        return starts[line - 1] + column - 1 if line <= len(starts) else len(text)

    spans = sorted(
        (
            (offset(edit.place.line, edit.place.column), offset(edit.place.end_line, edit.place.end_column), edit.text)
            for edit in fix.edits
        ),
        reverse=True,
    )
    for (start, _, _), (_, end, _) in pairwise(spans):
        assert end <= start, "edits overlap"
    for start, end, new in spans:
        text = text[:start] + new + text[end:]
    return text
