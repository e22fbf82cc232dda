"""`result.tolist` without the brackets."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from scoredock.contract.evaluation.values import Method, Value, options
from scoredock.contract.fixes import after
from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.contract.serializable import refusal
from scoredock.contract.words import words
from scoredock.finding import Finding, Fix, Severity
from scoredock.l10n import t

RULE = Rule("SD305", "tojson-never-called")

# Methods whose only use is their result.
CONVERSIONS = frozenset(words("tolist to_list to_json to_dict to_numpy to_csv item isoformat decode encode"))

# Functions that make a text of anything, and functions that fail when they are given a method.
AS_TEXT = frozenset(("builtins.str", "builtins.repr"))
TAKING_DATA = frozenset(
    f"builtins.{name}" for name in words("list tuple sorted set dict zip enumerate len sum max min int float")
)


def check(script: Script) -> Iterator[Finding]:
    if not script.entry.online:
        return
    for returned in script.answers.returned:
        found = refusal(returned.value)
        if found is None or not isinstance(found.value, Method) or returned.node.value is None:
            continue
        node = _attribute(script, returned.node.value, found.value.name)
        yield RULE.finding(
            script,
            script.text.place(node),
            t(
                "`{0}` is not called: the result is the method itself, which the server cannot send, and the request "
                "answers 500. Add `()`.",
                found.value.name,
            ),
            severity=Severity.ERROR if found.sure else Severity.WARNING,
            fix=_call(script, node),
        )
    for call in script.notes.calls:
        name = getattr(call.callee, "name", "")
        if call.phase != "run" or call.guarded or not call.arguments or not call.node.args:
            continue
        method = None
        if name == "json.dumps":
            refused = refusal(call.arguments[0])
            method = refused.value if refused is not None and isinstance(refused.value, Method) else None
        elif name in AS_TEXT or name in TAKING_DATA:
            method = _method(call.arguments[0])
        if method is None:
            continue
        node = _attribute(script, call.node.args[0], method.name)
        fails = name not in AS_TEXT
        if fails:
            message = t("`{0}` is not called: the result is a TypeError, and the request answers 500. Add `()`.", method.name)
        else:
            message = t("`{0}` is not called: the result is the name of a method as text. Add `()`.", method.name)
        yield RULE.finding(
            script,
            script.text.place(node),
            message,
            severity=Severity.ERROR if fails and not call.rare else Severity.WARNING,
            fix=_call(script, node) if isinstance(node, ast.Attribute) and node.attr == method.name else None,
        )
    for statement, value, phase in script.notes.dropped:
        if phase == "run" and isinstance(value, Method) and value.name in CONVERSIONS:
            yield RULE.finding(
                script,
                script.text.place(statement),
                t("`{0}` is not called, and nothing is done with it: this line has no effect.", value.name),
                severity=Severity.WARNING,
            )


def _method(value: Value) -> Method | None:
    found = [option for option in options(value) if isinstance(option, Method) and option.name in CONVERSIONS]
    return found[0] if found and len(found) == len(options(value)) else None


def _attribute(script: Script, node: ast.expr, name: str) -> ast.expr:
    """The `x.name` inside of an expression, or the expression."""
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and part.attr == name:
            return part
    return node


def _call(script: Script, node: ast.expr) -> Fix | None:
    return after(script, node, "()", t("Call it")) if isinstance(node, ast.Attribute) else None
