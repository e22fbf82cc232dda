"""`@input_schema` names a parameter that `run` does not have."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from scoredock.contract.evaluation.values import Constant, Schema
from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.contract.signature import Signature, signature_of
from scoredock.finding import Edit, Finding, Fix
from scoredock.l10n import t

RULE = Rule("SD202", "schema-name-mismatch")


def check(script: Script) -> Iterator[Finding]:
    if not script.entry.online or script.machine.rawhttp:
        return
    for run in script.entry.runs or ():
        signature = signature_of(run)
        inputs = [schema for schema in run.schemas if schema.kind == "input"]
        named = {schema.name.value for schema in inputs if isinstance(schema.name, Constant)}
        free = [name for name in signature.names if name not in named and name != "request_headers"]
        for schema in inputs:
            # Without conversion, and for an optional one, the name only shows in the swagger file.
            if not schema.converts or schema.optional or not signature.accepted:
                continue
            if not isinstance(schema.name, Constant) or schema.name.value in signature.names:
                continue
            yield RULE.finding(
                script,
                script.text.place(_name_node(schema) or schema.node),
                t(
                    "`run` has no parameter `{0}`: the server starts healthy and every request answers 500. "
                    "Name a parameter that it has: {1}.",
                    schema.name.value,
                    _listed(signature),
                ),
                fix=_rename(script, schema, free),
                related=((script.text.head(signature.node), t("`run` is defined here")),),
            )


def _listed(signature: Signature) -> str:
    return ", ".join(f"`{name}`" for name in signature.names) or t("none")


def _name_node(schema: Schema) -> ast.expr | None:
    if schema.node.args:
        return schema.node.args[0]
    return next((keyword.value for keyword in schema.node.keywords if keyword.arg == "param_name"), None)


def _rename(script: Script, schema: Schema, free: list[str]) -> Fix | None:
    node = _name_node(schema)
    if not isinstance(node, ast.Constant) or not free:
        return None
    from difflib import get_close_matches

    wrong = str(node.value)
    meant = free[0] if len(free) == 1 else next(iter(get_close_matches(wrong, free, n=1, cutoff=0.3)), None)
    if meant is None:
        return None
    place = script.text.place(node)
    quote = "'" if script.text.cut(place).startswith("'") else '"'
    return Fix(t("Rename to `{0}`", meant), (Edit(place, f"{quote}{meant}{quote}"),))
