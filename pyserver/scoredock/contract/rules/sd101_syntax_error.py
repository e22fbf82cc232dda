"""The environment's Python cannot compile the text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scoredock.contract.facts import Role
from scoredock.contract.newer_syntax import may_be_newer
from scoredock.contract.parse import own_python
from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.contract.versions import newer
from scoredock.finding import Finding, Place
from scoredock.l10n import t

RULE = Rule("SD101", "syntax-error", on_broken_text=True)


# A text that does not parse has no shape to judge; both functions at the left margin will do.
FUNCTIONS = [re.compile(rf"^(?:async[ \t]+)?def[ \t]+{name}\b", re.MULTILINE) for name in ("init", "run")]


def check(script: Script) -> Iterator[Finding]:
    if not concerns_us(script):
        return
    target = script.facts.target_python
    verdict = script.facts.syntax
    if verdict is not None:
        if verdict.message is not None:
            place = Place(script.path, verdict.line, verdict.column, verdict.end_line, verdict.end_column)
            yield _finding(script, place, verdict.message, target)
        return
    problem = script.parsed.problem
    if problem is None or problem.limit or (target is not None and newer(target, own_python())):
        return
    if target is None and may_be_newer(problem, script.text.lines):
        return
    yield _finding(script, problem.place(script.path), problem.message, target)


def concerns_us(script: Script) -> bool:
    """Whether it is an entry script, as far as a broken text tells; any other module is its author's business."""
    if script.facts.role is Role.ENTRY_SCRIPT or "scor" in script.path.stem.lower():
        return True
    return all(function.search(script.text.text) for function in FUNCTIONS)


def _finding(script: Script, place: Place, message: str, target: str | None) -> Finding:
    said = message if message.endswith("?") else f"{message}."
    if target:
        text = t("Syntax error under Python {0}: {1} The server will not start (exit 3).", target, said)
    else:
        text = t("Syntax error: {0} The server will not start (exit 3).", said)
    return RULE.finding(script, place, text)
