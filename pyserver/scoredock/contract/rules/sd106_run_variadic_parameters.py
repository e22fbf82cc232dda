"""`run` has parameters that the server does not know how to fill."""

from __future__ import annotations

from collections.abc import Iterator

from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.finding import Finding

RULE = Rule("SD106", "run-variadic-parameters", on_broken_text=True)


def check(script: Script) -> Iterator[Finding]:
    if not script.entry.online:
        return
    for run in script.entry.runs or ():
        if run.decorator_list:
            continue
        arguments = run.args
        kinds = [f"`*{arguments.vararg.arg}`"] if arguments.vararg else []
        kinds += [f"`**{arguments.kwarg.arg}`"] if arguments.kwarg else []
        kinds += [f"positional-only `{argument.arg}`" for argument in arguments.posonlyargs]
        if kinds:
            yield RULE.finding(
                script,
                run,
                f"`run` may not have {' and '.join(kinds)}: the server passes named arguments only and will not start (exit 3). "
                "Name each parameter.",
            )
