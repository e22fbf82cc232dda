"""The script has no `run`."""

from __future__ import annotations

from collections.abc import Iterator

from scoredock.contract.missing import missing
from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.finding import Finding
from scoredock.l10n import t

RULE = Rule("SD103", "missing-run")


def check(script: Script) -> Iterator[Finding]:
    if script.entry.online and script.entry.runs == ():
        message = t("There is no `run(data)`: the server will not start (exit 3). Define what answers a request.")
        yield missing(script, RULE, "run", message)
