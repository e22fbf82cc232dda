"""`json.loads` on what is decoded already."""

from __future__ import annotations

from collections.abc import Iterator

from scoredock.contract.evaluation.values import Value, options, type_of
from scoredock.contract.fixes import replaced_by_argument
from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.finding import Finding
from scoredock.l10n import deferred, t

RULE = Rule("SD205", "json-loads-on-decoded-input")

DECODED = deferred(
    {
        "dict": "a dict",
        "list": "a list",
        "tuple": "a tuple",
        "int": "a number",
        "float": "a number",
        "bool": "a bool",
        "numpy.ndarray": "a NumPy array",
        "pandas.DataFrame": "a DataFrame",
        "pandas.Series": "a pandas Series",
    }
)


def check(script: Script) -> Iterator[Finding]:
    if not script.entry.online:
        return
    for node, calls in script.calls_to("json.loads", "ujson.loads", "simplejson.loads", "orjson.loads").items():
        if not node.args or any(call.guarded or not call.arguments for call in calls):
            continue
        kinds = {decoded(call.arguments[0]) for call in calls}
        if None in kinds or calls[0].phase == "import":
            continue
        kind = DECODED[sorted(kind for kind in kinds if kind is not None)[0]]
        fix = replaced_by_argument(script, node, t("Use the value as it is"))
        yield RULE.finding(
            script,
            script.text.place(node),
            t(
                "This is {0} already (`@input_schema` decodes the body), and `json.loads` takes text only: every request answers "
                "500. Use the value as it is.",
                t(kind),
            ),
            fix=fix if fix.edits else None,
        )


def decoded(value: Value) -> str | None:
    """The type of what is certainly no text, on every path."""
    kinds = {type_of(option) for option in options(value)}
    return sorted(str(kind) for kind in kinds)[0] if kinds <= DECODED.keys() else None
