"""`init` cannot be called without arguments."""

from __future__ import annotations

from collections.abc import Iterator

from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.contract.signature import signature_of
from scoredock.finding import Finding

RULE = Rule("SD104", "init-takes-arguments", on_broken_text=True)


def check(script: Script) -> Iterator[Finding]:
    if not script.entry.online:
        return
    for init in script.entry.inits or ():
        if init.wraps is not None:
            continue  # what stands around it is called instead, and may supply the arguments
        required = [argument for argument, needed in signature_of(init).named if needed]
        if required:
            names = ", ".join(f"`{argument.arg}`" for argument in required)
            yield RULE.finding(
                script,
                init.node,
                f"The server calls `init()` with nothing, but it wants {names}: the server will not start (exit 3). "
                "Find out the value inside of `init`, or give a default.",
            )
