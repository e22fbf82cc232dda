"""`run` has parameters that the server does not know how to fill."""

from __future__ import annotations

from collections.abc import Iterator

from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.contract.signature import signature_of
from scoredock.finding import Finding
from scoredock.l10n import t

RULE = Rule("SD106", "run-variadic-parameters", on_broken_text=True)


def check(script: Script) -> Iterator[Finding]:
    if not script.entry.online:
        return
    for run in script.entry.runs or ():
        signature = signature_of(run)
        if signature.accepted:
            continue
        kinds = [t("positional-only `{0}`", name) for name in signature.positional_only]
        kinds += [f"`*{signature.starred}`"] if signature.starred else []
        kinds += [f"`**{signature.double_starred}`"] if signature.double_starred else []
        message = t(
            "`run` may not have {0}: the server passes named arguments only and will not start (exit 3).", t(" and ").join(kinds)
        )
        if run.node.__class__.__name__ != "Lambda" and getattr(run.node, "name", "run") != "run":
            todo = t("A decorator replaced `run` by this function: put `functools.wraps` on it.")
        else:
            todo = t("Name each parameter.")
        yield RULE.finding(script, run.node, f"{message} {todo}")
