"""`run` gives something that JSON does not have."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from scoredock.contract.evaluation.values import Instance, Mapping, Method, Object, Sequence
from scoredock.contract.fixes import after
from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.contract.serializable import Refusal, refusal
from scoredock.contract.words import words
from scoredock.finding import Finding, Fix, Severity
from scoredock.l10n import deferred, t

RULE = Rule("SD206", "result-not-serializable")

ENCODERS = ("json.dumps", "json.dump", "simplejson.dumps")


class Refused(NamedTuple):
    """A value that JSON does not take, where it is returned or given to an encoder. ``rare``: only after another error."""

    node: ast.Return | ast.Call
    expression: ast.expr | None
    refusal: Refusal
    rare: bool

    @property
    def returned(self) -> bool:
        return isinstance(self.node, ast.Return)


def check(script: Script) -> Iterator[Finding]:
    if not script.entry.online:
        return
    is_async = any(isinstance(run.origin.node, ast.AsyncFunctionDef) for run in script.entry.runs or ())
    for one in refused(script):
        if is_async and getattr(one.refusal.value, "type", "") == "coroutine":
            continue  # SD204's
        # A function that was not called is SD305's, what only rawhttp scripts do is SD207's.
        if not isinstance(one.refusal.value, Method) and not (one.returned and _is_of_rawhttp(script, one.refusal)):
            yield _finding(script, one)


def refused(script: Script) -> Iterator[Refused]:
    """What the server or an encoder of the script's own will not take on the way to the answer."""
    for returned in script.answers.returned:
        found = refusal(returned.value)
        if found is not None:
            yield Refused(returned.node, returned.node.value, found, rare=returned.handler is not None)
    for node, calls in script.calls_to(*ENCODERS).items():
        if node.keywords or not node.args or any(call.guarded or not call.arguments or call.phase != "run" for call in calls):
            continue
        # Of an encoder that several call, those count that are on the way of a request that goes well.
        usual = [call for call in calls if not call.rare] or calls
        refusals = [refusal(call.arguments[0]) for call in usual]
        first = refusals[0]
        if first is None or not all(refusals):
            continue
        if not all(one is not None and one.sure for one in refusals):
            first = first._replace(sure=False)
        yield Refused(node, node.args[0], first, rare=usual[0].rare)


def _is_of_rawhttp(script: Script, found: Refusal) -> bool:
    return bool(script.machine.rawhttp) and isinstance(found.value, Object) and found.value.type in ("bytes", "flask.Request")


def _finding(script: Script, one: Refused) -> Finding:
    found = one.refusal
    what = t("holds {0}", found.reason) if found.inside else t("is {0}", found.reason)
    why = t("the server cannot send it as JSON") if one.returned else t("`json.dumps` raises a TypeError")
    if found.sure:
        message = t("The result {0}, and {1}: every request that comes here answers 500.", what, why)
    else:
        message = t("The result very likely {0}, and then {1}: the request answers 500.", what, why)
    hint = _hint(found)
    return RULE.finding(
        script,
        script.text.place(one.expression) if one.expression is not None else script.text.head(one.node),
        f"{message} {hint}".rstrip(),
        severity=Severity.ERROR if found.sure and not one.rare else Severity.WARNING,
        fix=_fix(script, one.expression, found),
    )


HINTS = deferred(
    {
        "numpy.ndarray": "Use `.tolist()`.",
        "pandas.Series": "Use `.tolist()`.",
        "pandas.Index": "Use `.tolist()`.",
        "pandas.DataFrame": 'Use `.to_dict(orient="records")`.',
        "torch.Tensor": "Use `.tolist()`.",
        "numpy.int64": "Use `int(…)` or `.item()`.",
        "numpy.int32": "Use `int(…)` or `.item()`.",
        "numpy.float32": "Use `float(…)` or `.item()`.",
        "bytes": "Decode them, or answer with `AMLResponse` under `@rawhttp`.",
        "datetime.datetime": "Use `.isoformat()`.",
        "datetime.date": "Use `.isoformat()`.",
        "pandas.Timestamp": "Use `.isoformat()`.",
        "datetime.timedelta": "Use `.total_seconds()`.",
        "enum.Enum": "Use its `.value`.",
        "uuid.UUID": "Use `str(…)`.",
        "decimal.Decimal": "Use `float(…)` or `str(…)`.",
        "pathlib.Path": "Use `str(…)`.",
        "exception": "Raise it.",
        "coroutine": "Await it, with `asyncio.run(…)`.",
        **dict.fromkeys(
            words("generator set map filter zip range enumerate iterator dict_keys dict_values dict_items collections.deque"),
            "Make a list of it.",
        ),
    }
)

MENDS = {
    "numpy.ndarray": ".tolist()",
    "pandas.Series": ".tolist()",
    "pandas.Index": ".tolist()",
    "torch.Tensor": ".tolist()",
    "numpy.int64": ".item()",
    "numpy.int32": ".item()",
    "numpy.float32": ".item()",
    "numpy.float16": ".item()",
    "numpy.bool_": ".item()",
    "pandas.DataFrame": '.to_dict(orient="records")',
    "datetime.datetime": ".isoformat()",
    "datetime.date": ".isoformat()",
    "pandas.Timestamp": ".isoformat()",
    "datetime.timedelta": ".total_seconds()",
    "enum.Enum": ".value",
}


def _hint(found: Refusal) -> str:
    if isinstance(found.value, Instance):
        return t("Return a dict of what is in it.")
    if isinstance(found.value, Mapping):
        return t("Make its keys text.")
    if isinstance(found.value, Sequence):
        return t("Make a list of it.")
    hint = HINTS.get(getattr(found.value, "type", ""))
    return t(hint) if hint else t("Return plain data: dicts, lists, text and numbers.")


def _fix(script: Script, expression: ast.expr | None, found: Refusal) -> Fix | None:
    """Add the method that turns it into plain data, where the culprit is the very expression."""
    mend = MENDS.get(found.value.type) if isinstance(found.value, Object) else None
    if mend is None or expression is None or found.inside:
        return None
    if not isinstance(expression, (ast.Name, ast.Call, ast.Attribute, ast.Subscript)):
        return None
    return after(script, expression, mend, t("Add `{0}`", mend))
