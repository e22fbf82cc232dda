"""What a rule is: a code, a name, and a function from a script to findings, in one file of `rules/`."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scoredock.finding import Finding, Fix, Place, Severity

if TYPE_CHECKING:
    from scoredock.contract.script import Script


@dataclass(frozen=True, slots=True)
class Rule:
    """The identity of a rule; its module's `check(script)` yields what it finds.

    ``on_broken_text``: whether it may speak when the text does not compile and the tree lacks the broken statements
    (rules that report an absence may not).
    """

    code: str
    name: str
    severity: Severity = Severity.ERROR
    on_broken_text: bool = False

    def finding(
        self,
        script: Script,
        where: ast.AST | Place,
        message: str,
        *,
        severity: Severity | None = None,
        fix: Fix | None = None,
        related: tuple[tuple[Place, str], ...] = (),
    ) -> Finding:
        """A finding of this rule at a node (its name when it is a definition) or a place."""
        place = where if isinstance(where, Place) else script.text.head(where)
        return Finding(place, self.code, self.name, severity or self.severity, message, fix, related)
