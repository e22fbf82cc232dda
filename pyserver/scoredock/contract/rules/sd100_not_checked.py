"""A text that was not checked, and why."""

from __future__ import annotations

from collections.abc import Iterator

from scoredock.contract.newer_syntax import may_be_newer
from scoredock.contract.parse import LARGEST, own_python
from scoredock.contract.rule import Rule
from scoredock.contract.rules.sd101_syntax_error import concerns_us
from scoredock.contract.script import Script
from scoredock.contract.versions import newer
from scoredock.finding import Finding, Place, Severity
from scoredock.l10n import t

RULE = Rule("SD100", "not-checked", Severity.INFORMATION, on_broken_text=True)


def check(script: Script) -> Iterator[Finding]:
    top = Place(script.path)
    if script.parsed.too_large:
        yield RULE.finding(script, top, t("Not checked: the text is longer than {0} characters.", f"{LARGEST:,}"))
        return
    problem = script.parsed.problem
    if problem is None:
        return
    target = script.facts.target_python
    if problem.limit:
        yield RULE.finding(script, top, t("Not checked: {0}.", problem.message))
    elif script.facts.syntax is not None or not concerns_us(script):
        return
    elif target is None and (since := may_be_newer(problem, script.text.lines)):
        yield RULE.finding(
            script,
            problem.place(script.path),
            t(
                "The syntax cannot be checked: it looks like that of Python {0}, Scoredock runs on {1}, and no "
                "environment says which one the script is for. Name a Python in the conda file.",
                since,
                own_python(),
            ),
        )
    elif target is not None and newer(target, own_python()):
        yield RULE.finding(
            script,
            problem.place(script.path),
            t(
                "The syntax cannot be checked: the environment has Python {0}, Scoredock runs on {1}, which says "
                "“{2}” here. Sync the environment and its own Python will be asked.",
                target,
                own_python(),
                problem.message,
            ),
        )
