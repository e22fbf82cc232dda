"""`@output_schema` is taken for a converter."""

from __future__ import annotations

from collections.abc import Iterator

from scoredock.contract.evaluation.values import ParameterType
from scoredock.contract.rule import Rule
from scoredock.contract.rules.sd206_result_not_serializable import refused
from scoredock.contract.script import Script
from scoredock.finding import Finding, Severity
from scoredock.l10n import t

RULE = Rule("SD307", "output-schema-does-not-convert", Severity.WARNING)


def check(script: Script) -> Iterator[Finding]:
    if not script.entry.online:
        return
    for run in script.entry.runs or ():
        for schema in run.schemas:
            if schema.kind != "output" or not isinstance(schema.type, ParameterType):
                continue
            raw = [one for one in refused(script) if not one.rare]
            if not raw:
                continue
            related = tuple((script.text.place(one.expression or one.node), t("this is taken as it is")) for one in raw)
            yield RULE.finding(
                script,
                script.text.place(schema.node),
                t(
                    "`@output_schema` only describes the answer in the swagger file; it converts nothing, and what `run` returns "
                    "here cannot be sent. Convert it in `run`."
                ),
                related=related,
            )
