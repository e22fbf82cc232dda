"""`run` has no parameter for the request's data."""

from __future__ import annotations

from collections.abc import Iterator

from scoredock.contract.entry import parameters
from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.finding import Finding

RULE = Rule("SD105", "run-takes-no-data", on_broken_text=True)


def check(script: Script) -> Iterator[Finding]:
    if not script.entry.online:
        return
    for run in script.entry.runs or ():
        if run.decorator_list or run.args.vararg or run.args.kwarg:
            continue
        names = [argument.arg for argument, _ in parameters(run)]
        if not names:
            yield RULE.finding(
                script, run, "`run()` takes no argument for the request's data: the server will not start (exit 3)."
            )
        elif names == ["request_headers"]:
            yield RULE.finding(
                script,
                run,
                "`run` takes only `request_headers`; without a parameter for the data the server will not start (exit 3).",
            )
