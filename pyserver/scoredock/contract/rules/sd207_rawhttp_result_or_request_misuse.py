"""The raw request used as something that it is not, or answered with something that cannot be sent."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from scoredock.contract.evaluation.library import RESPONSE
from scoredock.contract.evaluation.machine import Access, Call
from scoredock.contract.evaluation.values import Constant, Mapping, Method, Object, Sequence, Value, options, tagged, type_of
from scoredock.contract.fixes import after
from scoredock.contract.request import CALLABLE, PROPERTIES, REQUEST_ATTRIBUTES
from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.contract.serializable import refusal
from scoredock.finding import Edit, Finding, Fix, Place, Severity
from scoredock.l10n import deferred, t

RULE = Rule("SD207", "rawhttp-result-or-request-misuse")
FAILS = deferred("every request answers 500.")


def check(script: Script) -> Iterator[Finding]:
    if not script.entry.online or not script.entry.runs:
        return
    for access in script.notes.accesses:
        if access.phase == "run" and not access.guarded and isinstance(access.receiver, Object):
            yield from _softened(_access(script, access), rare=access.rare)
    for call in script.notes.calls:
        if call.phase == "run" and not call.guarded and _is_of_interest(call):
            yield from _softened(_call(script, call), rare=call.rare)
    if script.machine.rawhttp:
        for returned in script.answers.returned:
            found = refusal(returned.value)
            if found is not None and isinstance(found.value, Object) and found.value.type in ("bytes", "flask.Request"):
                hint = (
                    t("Answer with `AMLResponse(content, 200)`.")
                    if found.value.type == "bytes"
                    else t("Answer with its content.")
                )
                where = returned.node.value or returned.node
                message = t("The result is {0}, which the server cannot send as it is: {1} {2}", found.reason, t(FAILS), hint)
                yield RULE.finding(script, script.text.place(where), message)


def _is_of_interest(call: Call) -> bool:
    """A quick look: most calls have nothing to do with requests."""
    name = getattr(call.callee, "name", "")
    if name in RESPONSE or name in ("json.loads", "json.load"):
        return True
    return isinstance(call.node.func, ast.Attribute) and call.node.func.attr in PROPERTIES


def _softened(findings: Iterator[Finding], *, rare: bool) -> Iterator[Finding]:
    """What only happens after another failure does not keep a script from working."""
    for one in findings:
        yield replace(one, severity=Severity.WARNING) if rare else one


def _is_request(value: Value) -> bool:
    return all(isinstance(option, Object) and option.type == "flask.Request" for option in options(value))


def _is_body(value: Value) -> bool:
    return all(tagged(option, "body") for option in options(value))


def _access(script: Script, access: Access) -> Iterator[Finding]:
    place = script.text.place(access.node)
    if _is_request(access.receiver):
        if access.name is None:
            yield RULE.finding(
                script, place, t("A request has no items: {0} Use `.get_json()`, `.args` or `.form` first.", t(FAILS))
            )
        elif access.name not in REQUEST_ATTRIBUTES:
            yield RULE.finding(
                script, place, t("A request has no attribute `{0}`: {1} Its body is `.get_data()`.", access.name, t(FAILS))
            )
    elif _is_body(access.receiver) and access.name in REQUEST_ATTRIBUTES and access.name not in dir(str):
        yield RULE.finding(
            script,
            place,
            t(
                "Without `@rawhttp` the server passes the body as text, which has no `{0}`: {1} Decorate `run` with "
                "`@rawhttp` to get the request.",
                access.name,
                t(FAILS),
            ),
            fix=_decorated(script),
        )


def _decorated(script: Script) -> Fix | None:
    """Put `@rawhttp` (which the script imports already) above `run`."""
    if "rawhttp" not in script.names.module.bindings or not script.entry.runs:
        return None
    node = script.entry.runs[0].node
    if not isinstance(node, ast.FunctionDef) or node.decorator_list:
        return None
    place = Place(script.path, node.lineno, 1, node.lineno, 1)
    return Fix(
        t("Decorate `run` with `@rawhttp`"), (Edit(place, f"{script.text.indent(node.lineno)}@rawhttp{script.text.newline}"),)
    )


def _call(script: Script, call: Call) -> Iterator[Finding]:
    callee, place = call.callee, script.text.place(call.node)
    name = getattr(callee, "name", "")
    if name in RESPONSE:
        yield from _response(script, call)
    elif name in ("json.loads", "json.load") and call.arguments and _is_request(call.arguments[0]):
        yield RULE.finding(script, place, t("This is the request, not its text: {0} Use `.get_json()`.", t(FAILS)))
    elif name == "json.loads" and call.arguments and _uncalled(call.arguments[0]):
        yield RULE.finding(
            script,
            script.text.place(call.node.args[0]),
            t("This method was not called: {0} Add `()`.", t(FAILS)),
            fix=after(script, call.node.args[0], "()", t("Call it")),
        )
    elif isinstance(call.node.func, ast.Attribute) and call.node.func.attr in PROPERTIES:
        for access in script.notes.accesses:
            if access.node is call.node.func and _is_request(access.receiver):
                brackets = Place(script.path, *_end(script, call.node.func), place.end_line, place.end_column)
                fix = None if call.node.args or call.node.keywords else Fix(t("Remove the brackets"), (Edit(brackets, ""),))
                message = t("`{0}` of a request is no method: {1} Remove the brackets.", call.node.func.attr, t(FAILS))
                yield RULE.finding(script, place, message, fix=fix)
                return


def _end(script: Script, node: ast.AST) -> tuple[int, int]:
    place = script.text.place(node)
    return place.end_line, place.end_column


def _uncalled(value: Value) -> bool:
    return isinstance(value, Method) and _is_request(value.receiver) and value.name in CALLABLE


def _response(script: Script, call: Call) -> Iterator[Finding]:
    """`AMLResponse(message, status_code, response_headers={}, json_str=False)`."""
    if "**" in call.keywords or any(isinstance(part, ast.Starred) for part in call.node.args):
        return
    place = script.text.place(call.node)
    if len(call.arguments) < 2 and "status_code" not in call.keywords:
        fix = after(script, call.node.args[0], ", 200", t("Add the status 200")) if len(call.node.args) == 1 else None
        yield RULE.finding(
            script, place, t("`AMLResponse` needs a status code as second argument: {0} Add 200.", t(FAILS)), fix=fix
        )
        return
    message = call.arguments[0] if call.arguments else call.keywords.get("message")
    as_json = call.arguments[3] if len(call.arguments) > 3 else call.keywords.get("json_str", Constant(False, "bool"))
    headers = call.arguments[2] if len(call.arguments) > 2 else call.keywords.get("response_headers")
    if isinstance(headers, Mapping):
        for key, value in headers.items:
            if type_of(value) in ("int", "float", "bool", "NoneType", "dict", "list"):
                shown = getattr(key, "value", "…")
                yield RULE.finding(script, place, t("The value of header `{0}` must be text: {1} Use `str(…)`.", shown, t(FAILS)))
    if message is None:
        return
    encoded = isinstance(as_json, Constant) and as_json.value is True
    if encoded:
        found = refusal(message)
        if found is not None and found.sure:
            yield RULE.finding(
                script, place, t("The message holds {0}, which JSON does not have: {1} Convert it.", found.reason, t(FAILS))
            )
    elif isinstance(as_json, Constant) and _unsendable(message):
        yield RULE.finding(
            script,
            place,
            t("`AMLResponse` sends text or bytes, and this is neither: {0} Give `json_str=True` for JSON.", t(FAILS)),
        )


def _unsendable(message: Value) -> bool:
    if type_of(message) in ("int", "float", "bool"):
        return True
    if isinstance(message, Sequence) and message.items != ():
        items = message.items if message.items is not None else (message.element,)
        return any(type_of(item) in ("int", "float", "dict", "list", "bool") for item in items)
    return False
