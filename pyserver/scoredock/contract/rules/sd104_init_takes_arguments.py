"""`init` cannot be called without arguments."""

from __future__ import annotations

from collections.abc import Iterator

from scoredock.contract.evaluation.values import Function
from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.contract.signature import signature_of
from scoredock.finding import Finding
from scoredock.l10n import t

RULE = Rule("SD104", "init-takes-arguments", on_broken_text=True)


def check(script: Script) -> Iterator[Finding]:
    if not script.entry.online:
        return
    for init in script.entry.inits or ():
        required = [argument for argument, needed in signature_of(init).named if needed]
        if init.wraps is not None and not _passed_on_bare(script, init):
            continue  # what stands around it is called instead, and may supply the arguments
        if required:
            names = ", ".join(f"`{argument.arg}`" for argument in required)
            yield RULE.finding(
                script,
                init.origin.node,
                t(
                    "The server calls `init()` with nothing, but it wants {0}: the server will not start (exit 3). "
                    "Find out the value inside of `init`, or give a default.",
                    names,
                ),
            )


def _passed_on_bare(script: Script, init: Function) -> bool:
    """Whether the decorators call the author's function with as little as the server gives them."""
    calls = [
        call
        for call in script.notes.calls
        if call.phase == "init" and isinstance(call.callee, Function) and call.callee.node is init.origin.node
    ]
    return bool(calls) and all(not call.arguments and not call.keywords for call in calls)
