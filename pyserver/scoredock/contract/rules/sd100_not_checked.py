"""A text that was not checked, and why."""

from __future__ import annotations

from collections.abc import Iterator

from scoredock.contract.parse import LARGEST, own_python
from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.contract.versions import newer
from scoredock.finding import Finding, Place, Severity

RULE = Rule("SD100", "not-checked", Severity.INFORMATION, on_broken_text=True)


def check(script: Script) -> Iterator[Finding]:
    top = Place(script.path)
    if script.parsed.too_large:
        yield RULE.finding(script, top, f"Not checked: the text is longer than {LARGEST:,} characters.")
        return
    problem = script.parsed.problem
    if problem is None:
        return
    target = script.facts.target_python
    if problem.limit:
        yield RULE.finding(script, top, f"Not checked: {problem.message}.")
    elif script.facts.syntax is None and target is not None and newer(target, own_python()):
        place = Place(script.path, problem.line, problem.column, problem.end_line, problem.end_column)
        yield RULE.finding(
            script,
            place,
            f"The syntax cannot be checked: the environment has Python {target}, Scoredock runs on {own_python()}, which says "
            f"“{problem.message}” here. Sync the environment and its own Python will be asked.",
        )
