"""`@rawhttp` and `@input_schema` in one script."""

from __future__ import annotations

from collections.abc import Iterator

from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.finding import Finding
from scoredock.l10n import t

RULE = Rule("SD107", "rawhttp-with-schema")


def check(script: Script) -> Iterator[Finding]:
    if not script.entry.online or not script.machine.rawhttp:
        return
    for run in script.entry.runs or ():
        if run.schemas:
            related = tuple((script.text.place(schema.node), t("the schema")) for schema in run.schemas)
            yield RULE.finding(
                script,
                script.text.place(script.machine.rawhttp[0]),
                t(
                    "`@rawhttp`, on whatever function it stands, gives `run` the raw request, and a schema wants it decoded: "
                    "the server will not start (exit 3). Keep one of the two."
                ),
                related=related,
            )
