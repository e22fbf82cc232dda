"""`run` returns JSON text, and the server encodes it once more."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from scoredock.contract.evaluation.values import options, tagged
from scoredock.contract.fixes import replaced_by_argument
from scoredock.contract.rule import Rule
from scoredock.contract.scopes import Scope
from scoredock.contract.script import Script
from scoredock.finding import Finding, Fix, Severity
from scoredock.l10n import t

RULE = Rule("SD301", "result-encoded-twice", Severity.WARNING)


def check(script: Script) -> Iterator[Finding]:
    if not script.entry.online:
        return
    for returned in script.answers.returned:
        if returned.node.value is None or not any(tagged(option, "json") for option in options(returned.value)):
            continue
        yield RULE.finding(
            script,
            script.text.place(returned.node.value),
            t(
                "This is JSON text already, and the server encodes what `run` returns: the client gets one quoted string. "
                "Return the object itself."
            ),
            fix=_fix(script, returned.node),
        )


def _fix(script: Script, node: ast.Return) -> Fix | None:
    """Unwrap `json.dumps(x)`, at the return or at the one assignment that the return names."""
    call = node.value
    if isinstance(call, ast.Name):
        call = _only_assignment(script, call)
    if not isinstance(call, ast.Call) or len(call.args) != 1 or call.keywords:
        return None
    if not any(call is known for known in script.calls_to("json.dumps")):
        return None
    fix = replaced_by_argument(script, call, t("Return the object itself"))
    return fix if fix.edits else None


def _only_assignment(script: Script, name: ast.Name) -> ast.expr | None:
    for run in script.entry.runs or ():
        scope: Scope | None = script.names.scopes.get(run.node)
        if scope is None or len(scope.bindings.get(name.id, [])) != 1 or len(scope.loads.get(name.id, [])) != 1:
            continue
        for statement in ast.walk(run.node):
            if isinstance(statement, ast.Assign) and statement.targets == [scope.bindings[name.id][0]]:
                return statement.value
    return None
