"""The import or `init` uses a name that nothing binds."""

from __future__ import annotations

from collections.abc import Iterator

from scoredock.contract.fixes import import_line
from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.contract.undefined import unbound_uses
from scoredock.contract.wellknown import import_for
from scoredock.finding import Finding, Fix, Severity
from scoredock.l10n import t

RULE = Rule("SD115", "undefined-name")


def check(script: Script) -> Iterator[Finding]:
    entry = script.entry
    if not entry.online or script.binds_unseen:
        return
    starts = [script.names.module]
    starts += [script.names.scopes[init.node] for init in entry.inits or () if init.node in script.names.scopes]
    runs = {script.names.scopes.get(run.node) for run in entry.runs or ()}
    for use in unbound_uses(script, starts, methods=False):
        if use.scope in runs:
            continue
        line = import_for(use.node.id)
        hint = t("`{0}` is missing.", line) if line else t("Define it, or import it.")
        yield RULE.finding(
            script,
            script.text.place(use.node),
            t("Nothing binds `{0}`: a NameError here keeps the server from starting (exit 3). {1}", use.node.id, hint),
            severity=Severity.WARNING if use.conditional else Severity.ERROR,
            fix=Fix(t("Add `{0}`", line), (import_line(script, line),)) if line else None,
        )
