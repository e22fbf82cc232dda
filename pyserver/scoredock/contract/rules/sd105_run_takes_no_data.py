"""`run` has no parameter for the request's data."""

from __future__ import annotations

from collections.abc import Iterator

from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.contract.signature import data_parameter, signature_of
from scoredock.finding import Finding
from scoredock.l10n import t

RULE = Rule("SD105", "run-takes-no-data", on_broken_text=True)


def check(script: Script) -> Iterator[Finding]:
    if not script.entry.online:
        return
    for run in script.entry.runs or ():
        signature = signature_of(run)
        if not signature.accepted or data_parameter(signature) is not None:
            continue
        if signature.names:
            message = t(
                "`run` takes only `request_headers`; without a parameter for the data the server will not start (exit 3). "
                "Put one before it."
            )
        else:
            message = t(
                "`run()` takes no argument for the request's data: the server will not start (exit 3). Write `run(data)`."
            )
        yield RULE.finding(script, run.node, message)
