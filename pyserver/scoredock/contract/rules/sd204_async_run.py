"""`async def run`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from scoredock.contract.evaluation.values import options, type_of
from scoredock.contract.fixes import without_async
from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.finding import Finding
from scoredock.l10n import t

RULE = Rule("SD204", "async-run", on_broken_text=True)


def check(script: Script) -> Iterator[Finding]:
    if not script.entry.online:
        return
    for run in script.entry.runs or ():
        node = run.origin.node
        if isinstance(node, ast.AsyncFunctionDef) and (run.wraps is None or gives_coroutine(script)):
            yield RULE.finding(
                script,
                node,
                t(
                    "The server calls `run` without awaiting it and cannot send a coroutine: every request answers 500. "
                    "Use `def run`, with `asyncio.run(…)` inside for what must be awaited."
                ),
                fix=without_async(script, node),
            )


def gives_coroutine(script: Script) -> bool:
    """Whether a decorator hands on what it got from the author's function, without awaiting it."""
    return any(type_of(option) == "coroutine" for one in script.answers.returned for option in options(one.value))
