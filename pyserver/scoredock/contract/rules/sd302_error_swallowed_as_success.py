"""An error is caught and answered with status 200."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from scoredock.contract.evaluation.values import Anything, Mapping, Object, OneOf, Sequence, Value, tagged, type_of
from scoredock.contract.guards import caught_names
from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.finding import Finding, Severity
from scoredock.l10n import deferred, t

RULE = Rule("SD302", "error-swallowed-as-success", Severity.WARNING)

MESSAGE = deferred(
    "The error is caught and returned as a result: the client gets status 200, and neither monitoring nor the caller sees that "
    "the request failed. Log it and raise, or answer with an `AMLResponse` and a status under `@rawhttp`."
)


def check(script: Script) -> Iterator[Finding]:
    if not script.entry.online:
        return
    for returned in script.answers.returned:
        value = returned.value
        if returned.node.value is None or type_of(value) in ("AMLResponse", "flask.Response"):
            continue
        broad = returned.handler is not None and _is_broad(returned.handler)
        if (broad and not _may_be_response(value)) or _tells_error(value):
            yield RULE.finding(script, script.text.place(returned.node), t(MESSAGE))


def _is_broad(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or not {"Exception", "BaseException"}.isdisjoint(caught_names(handler))


def _may_be_response(value: Value) -> bool:
    """What we cannot follow may set a status of its own."""
    if isinstance(value, OneOf):
        return any(_may_be_response(option) for option in value.options)
    return isinstance(value, Anything) or (isinstance(value, Object) and value.type in ("AMLResponse", "flask.Response"))


def _tells_error(value: Value) -> bool:
    if isinstance(value, OneOf):
        return any(_tells_error(option) for option in value.options)
    if isinstance(value, Mapping):
        return any(_tells_error(item) for _, item in value.items)
    if isinstance(value, Sequence) and value.items is not None:
        return any(_tells_error(item) for item in value.items)
    return tagged(value, "error") and type_of(value) != "exception"
