"""`async def init`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from scoredock.contract.fixes import without_async
from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.finding import Finding, Severity
from scoredock.l10n import t

RULE = Rule("SD109", "async-init", on_broken_text=True)


def check(script: Script) -> Iterator[Finding]:
    if not script.entry.online:
        return
    for init in script.entry.inits or ():
        node = init.origin.node
        if not isinstance(node, ast.AsyncFunctionDef) or (init.wraps is not None and _is_run(script)):
            continue
        yield RULE.finding(
            script,
            node,
            t(
                "The server calls `init()` without awaiting it: it starts healthy and nothing in `init` ever "
                "runs. Use `def init()`, "
                "with `asyncio.run(…)` inside for what must be awaited."
            ),
            severity=Severity.ERROR if _matters(node) else Severity.WARNING,
            fix=without_async(script, node),
        )


def _matters(node: ast.AsyncFunctionDef) -> bool:
    """Whether the body sets anything that a request could miss."""
    return any(isinstance(part, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Global)) for part in ast.walk(node))


def _is_run(script: Script) -> bool:
    """Whether a decorator may run the coroutine."""
    return any(call.phase == "init" and "run" in getattr(call.node.func, "attr", "") for call in script.notes.calls)
