"""`run` wants more than the server gives."""

from __future__ import annotations

from collections.abc import Iterator

from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.contract.signature import data_parameter, signature_of
from scoredock.finding import Finding
from scoredock.l10n import t

RULE = Rule("SD201", "run-needs-more-arguments", on_broken_text=True)


def check(script: Script) -> Iterator[Finding]:
    if not script.entry.online:
        return
    for run in script.entry.runs or ():
        signature = signature_of(run)
        if run.schemas or not signature.accepted:
            continue
        data = data_parameter(signature)
        extra = [
            argument
            for argument, required in signature.named
            if required and argument is not data and argument.arg != "request_headers"
        ]
        if data is None or not extra:
            continue
        names = ", ".join(f"`{argument.arg}`" for argument in extra)
        yield RULE.finding(
            script,
            script.text.place(extra[0]),
            t(
                "The server passes `{0}` only: without a value for {1} every request answers 500. Give a default, or "
                "describe each parameter with `@input_schema`.",
                data.arg,
                names,
            ),
        )
