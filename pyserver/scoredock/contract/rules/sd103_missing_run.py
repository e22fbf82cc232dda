"""The script has no `run`."""

from __future__ import annotations

from collections.abc import Iterator

from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.contract.similar import similar_function, top_of_file
from scoredock.finding import Finding

RULE = Rule("SD103", "missing-run")


def check(script: Script) -> Iterator[Finding]:
    entry = script.entry
    if not entry.online or entry.runs != ():
        return
    hidden = entry.hidden.get("run")
    if hidden is not None:
        yield RULE.finding(
            script,
            hidden,
            '`run` is only defined under `if __name__ == "__main__":`, and the server imports the script as `entry_module`. '
            "It will not start (exit 3): define `run` at the top level.",
        )
        return
    like = similar_function(script, "run")
    if like is not None:
        yield RULE.finding(
            script, like, f"There is no `run()`: the server will not start (exit 3). Did you mean to call `{like.name}` `run`?"
        )
        return
    yield RULE.finding(
        script, top_of_file(script), "There is no `run(data)`: the server will not start (exit 3). Define what answers a request."
    )
