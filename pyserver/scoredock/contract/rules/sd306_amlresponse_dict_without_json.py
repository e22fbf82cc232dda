"""`AMLResponse({...}, 200)`: only the keys are sent."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from scoredock.contract.evaluation.library import RESPONSE
from scoredock.contract.evaluation.values import Constant, options, type_of
from scoredock.contract.fixes import add_keyword
from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.finding import Finding, Severity
from scoredock.l10n import t

RULE = Rule("SD306", "amlresponse-dict-without-json", Severity.WARNING)


def check(script: Script) -> Iterator[Finding]:
    if not script.entry.online:
        return
    for node, calls in script.calls_to(*RESPONSE).items():
        call = calls[0]
        if "**" in call.keywords or any(isinstance(part, ast.Starred) for part in node.args) or len(call.arguments) > 3:
            continue
        as_json = call.keywords.get("json_str", Constant(False, "bool"))
        message = call.arguments[0] if call.arguments else call.keywords.get("message")
        if message is None or not isinstance(as_json, Constant) or as_json.value:
            continue
        if all(type_of(option) == "dict" for option in options(message)):
            fix = add_keyword(script, node, "json_str=True", t("Add `json_str=True`"))
            yield RULE.finding(
                script,
                script.text.place(node),
                t("Of a dict, `AMLResponse` sends the keys only, one after the other. Give `json_str=True` to send it as JSON."),
                fix=fix if "json_str" not in call.keywords else None,
            )
