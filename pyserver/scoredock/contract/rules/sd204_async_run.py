"""`async def run`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from scoredock.contract.fixes import without_async
from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.finding import Finding

RULE = Rule("SD204", "async-run", on_broken_text=True)


def check(script: Script) -> Iterator[Finding]:
    if not script.entry.online:
        return
    for run in script.entry.runs or ():
        if isinstance(run.node, ast.AsyncFunctionDef):
            yield RULE.finding(
                script,
                run.node,
                "The server calls `run` without awaiting it and cannot send a coroutine: every request answers 500. "
                "Use `def run`, with `asyncio.run(…)` inside for what must be awaited.",
                fix=without_async(script, run.node),
            )
