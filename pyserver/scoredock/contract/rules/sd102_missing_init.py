"""The script has no `init`."""

from __future__ import annotations

from collections.abc import Iterator

from scoredock.contract.missing import missing
from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.finding import Edit, Finding, Fix, Place
from scoredock.l10n import t

RULE = Rule("SD102", "missing-init")


def check(script: Script) -> Iterator[Finding]:
    if script.entry.online and script.entry.inits == ():
        message = t("There is no `init()`: the server will not start (exit 3). Define it, even if it does nothing.")
        yield missing(script, RULE, "init", message, _empty_init(script))


def _empty_init(script: Script) -> Fix | None:
    """Define one that does nothing above `run`."""
    run = script.entry.runs[0].origin.node if script.entry.runs else None
    if run is None or run not in script.tree.body:
        return None
    line = min([run.lineno, *(decorator.lineno for decorator in getattr(run, "decorator_list", []))])
    end = script.text.newline
    place = Place(script.path, line, 1, line, 1)
    return Fix(t("Add an empty `init`"), (Edit(place, f"def init():{end}    pass{end}{end}{end}"),))
