"""`init` cannot be called without arguments."""

from __future__ import annotations

from collections.abc import Iterator

from scoredock.contract.entry import parameters
from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.finding import Finding

RULE = Rule("SD104", "init-takes-arguments", on_broken_text=True)


def check(script: Script) -> Iterator[Finding]:
    if not script.entry.online:
        return
    for init in script.entry.inits or ():
        if init.decorator_list:
            continue  # a decorator may supply them
        required = [argument for argument, needed in parameters(init) if needed]
        if required:
            names = ", ".join(f"`{argument.arg}`" for argument in required)
            yield RULE.finding(
                script,
                init,
                f"The server calls `init()` with nothing, and it asks for {names}: the server will not start (exit 3).",
            )
