"""The script has no `init`."""

from __future__ import annotations

from collections.abc import Iterator

from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.contract.similar import similar_function, top_of_file
from scoredock.finding import Edit, Finding, Fix, Place

RULE = Rule("SD102", "missing-init")


def check(script: Script) -> Iterator[Finding]:
    entry = script.entry
    if not entry.online or entry.inits != ():
        return
    hidden = entry.hidden.get("init")
    if hidden is not None:
        yield RULE.finding(
            script,
            hidden,
            '`init` is only defined under `if __name__ == "__main__":`, and the server imports the script as `entry_module`. '
            "It will not start (exit 3): define `init` at the top level.",
        )
        return
    like = similar_function(script, "init")
    if like is not None:
        yield RULE.finding(
            script, like, f"There is no `init()`: the server will not start (exit 3). Did you mean to call `{like.name}` `init`?"
        )
        return
    fix = None
    if entry.runs:
        run = entry.runs[0].origin.node
        line = min([run.lineno, *(decorator.lineno for decorator in getattr(run, "decorator_list", []))])
        if run in script.tree.body:
            end = script.text.newline
            place = Place(script.path, line, 1, line, 1)
            fix = Fix("Add an empty `init`", (Edit(place, f"def init():{end}    pass{end}{end}{end}"),))
    yield RULE.finding(
        script,
        top_of_file(script),
        "There is no `init()`: the server will not start (exit 3). Define it, even if it does nothing.",
        fix=fix,
    )
