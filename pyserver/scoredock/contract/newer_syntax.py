"""Syntax that a later Python than ours may take: where nobody says for which one a script is written, it is no error."""

from __future__ import annotations

import re

from scoredock.contract.parse import Problem, own_python
from scoredock.contract.versions import newer

_SINCE = "3.12"  # what an older Python of ours (3.10, 3.11) most often meets: PEP 695 and PEP 701
_TYPE_PARAMETERS = re.compile(
    r"\s*(?:type\s+\w+\s*(?:\[.*\])?\s*=(?!=)|(?:async\s+)?def\s+\w+\s*\[.+\]\s*\(|class\s+\w+\s*\[.+\]\s*[(:])"
)
# An expression in an f-string that holds the quote which the string itself is written with.
_SAME_QUOTE = re.compile(r"""\b(?:[fF][rR]?|[rR][fF])(["'])(?:(?!\1).)*?\{(?P<expression>[^{}]*\1[^{}]*)\}""")
_NOT_INSIDE = ("f-string expression part cannot include a backslash", "f-string expression part cannot include '#'")


def may_be_newer(problem: Problem, lines: list[str]) -> str | None:
    """The Python from which on the line may be right, when ours is older than that."""
    if not newer(_SINCE, own_python()) or not 0 < problem.line <= len(lines):
        return None
    line = lines[problem.line - 1]
    if _TYPE_PARAMETERS.match(line) or problem.message.startswith(_NOT_INSIDE):
        return _SINCE
    return _SINCE if any(_balanced(match["expression"]) for match in _SAME_QUOTE.finditer(line)) else None


def _balanced(expression: str) -> bool:
    return all(expression.count(first) == expression.count(last) for first, last in ("()", "[]"))
