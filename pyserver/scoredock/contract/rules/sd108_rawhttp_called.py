"""`@rawhttp()` with brackets."""

from __future__ import annotations

from collections.abc import Iterator

from scoredock.contract.evaluation.library import RAWHTTP
from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.finding import Edit, Finding, Fix, Place
from scoredock.l10n import t

RULE = Rule("SD108", "rawhttp-called")


def check(script: Script) -> Iterator[Finding]:
    if not script.entry.online:
        return
    for node, calls in script.calls_to(*RAWHTTP).items():
        if node.args or node.keywords or calls[0].phase != "import":
            continue
        whole, name = script.text.place(node), script.text.place(node.func)
        brackets = Place(script.path, name.end_line, name.end_column, whole.end_line, whole.end_column)
        yield RULE.finding(
            script,
            whole,
            t(
                "`rawhttp` is the decorator itself and takes the function: with brackets the import fails and "
                "the server will not "
                "start (exit 3). Remove the brackets."
            ),
            fix=Fix(t("Remove the brackets"), (Edit(brackets, ""),)),
        )
