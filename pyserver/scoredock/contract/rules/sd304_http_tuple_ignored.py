"""`return body, 400` as Flask knows it, and `flask.abort`."""

from __future__ import annotations

from collections.abc import Iterator

from scoredock.contract.evaluation.values import Constant, Mapping, Reference, Sequence, Value, options
from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.finding import Finding, Severity
from scoredock.l10n import t

RULE = Rule("SD304", "http-tuple-ignored", Severity.WARNING)

STATUSES = frozenset(
    (200, 201, 202, 204, 301, 302, 304, 400, 401, 403, 404, 405, 406, 408, 409, 410, 413, 415, 418, 422, 424, 429)
)
STATUSES |= frozenset((500, 501, 502, 503, 504))


def check(script: Script) -> Iterator[Finding]:
    if not script.entry.online:
        return
    for returned in script.answers.returned:
        if returned.node.value is not None and any(_is_http(option) for option in options(returned.value)):
            yield RULE.finding(
                script,
                script.text.place(returned.node.value),
                t(
                    "The server does not know Flask's tuples: the client gets status 200 and a list with the "
                    "number in it. Return "
                    "the body alone, or an `AMLResponse(body, status)` under `@rawhttp`."
                ),
            )
    for node, calls in script.calls_to("flask.abort", "werkzeug.exceptions.abort").items():
        if all(call.phase == "run" and not call.guarded for call in calls):
            yield RULE.finding(
                script,
                script.text.place(node),
                t(
                    "The server answers every exception of `run` with 500, that of `abort` too: the status is lost. Return an "
                    "`AMLResponse(body, status)` under `@rawhttp`."
                ),
            )


def _is_http(value: Value) -> bool:
    if not isinstance(value, Sequence) or value.type != "tuple" or value.items is None or len(value.items) not in (2, 3):
        return False
    status = value.items[1]
    if len(value.items) == 3 and not isinstance(value.items[2], Mapping):
        return False
    if isinstance(status, Reference):
        return status.name.startswith("http.HTTPStatus.")
    return isinstance(status, Constant) and status.type == "int" and status.value in STATUSES
