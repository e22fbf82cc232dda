"""`# scoredock: ignore[SD302]` on a line silences that code there; `# scoredock: ignore-file[SD302]` in the whole file."""

from __future__ import annotations

import io
import re
import tokenize

from scoredock.contract.text import LINE_END
from scoredock.finding import Finding

COMMENT = re.compile(r"#\s*scoredock:\s*(?P<what>ignore(?:-file)?)(?:\[(?P<codes>[^\]]*)\])?", re.IGNORECASE)


def without_ignored(text: str, findings: list[Finding]) -> list[Finding]:
    """The findings that no comment silences. ``ignore`` speaks of its line (any line of the finding's first statement
    line), ``ignore-file`` of the file; without brackets, of every code."""
    lines: dict[int, set[str]] = {}
    everywhere: set[str] = set()
    for line, comment in _comments(text):
        match = COMMENT.search(comment)
        if match is None:
            continue
        codes = {code.strip().upper() for code in (match["codes"] or "*").split(",") if code.strip()}
        if match["what"].lower() == "ignore-file":
            everywhere |= codes
        else:
            lines.setdefault(line, set()).update(codes)

    def silenced(finding: Finding) -> bool:
        codes = everywhere | lines.get(finding.place.line, set()) | lines.get(finding.place.end_line, set())
        return "*" in codes or finding.code in codes or finding.name.upper() in codes

    return [finding for finding in findings if not silenced(finding)]


def _comments(text: str) -> list[tuple[int, str]]:
    comments: list[tuple[int, str]] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text, newline=None).readline):
            if token.type == tokenize.COMMENT:
                comments.append((token.start[0], token.string))
    except (tokenize.TokenError, SyntaxError, ValueError):
        # A broken text has no tokens after the break; there a line that holds the words is taken at its word.
        seen = {line for line, _ in comments}
        for number, content in enumerate(LINE_END.split(text), 1):
            if number not in seen and (match := COMMENT.search(content)):
                comments.append((number, match.group()))
    return comments
