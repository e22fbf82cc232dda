"""What is said of a script without `init` or `run`: what the author probably meant."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from scoredock.contract.rule import Rule
from scoredock.finding import Finding, Fix, Place
from scoredock.l10n import t

if TYPE_CHECKING:
    from scoredock.contract.script import Script

MEANT = {
    "init": (
        "initialize",
        "initialise",
        "__init__",
        "_init",
        "init_",
        "setup",
        "load",
        "load_model",
        "initialize_model",
        "init_model",
    ),
    "run": ("score", "predict", "_run", "run_", "main", "scoring", "inference", "infer", "run_model", "handler", "handle"),
}


def missing(script: Script, rule: Rule, name: str, message: str, fix: Fix | None = None) -> Finding:
    """The finding about a function that is not there: at a definition that the server never sees, else at one that is
    called alike, else at the top with ``message`` and ``fix``."""
    hidden = script.entry.hidden.get(name)
    if hidden is not None:
        return rule.finding(
            script,
            hidden,
            t(
                '`{0}` is only defined under `if __name__ == "__main__":`, and the server imports the script as `entry_module`. '
                "It will not start (exit 3): define `{0}` at the top level.",
                name,
            ),
        )
    like = _similar_function(script, name)
    if like is not None:
        meant = t("Is `{0}` meant? Then call it `{1}`.", like.name, name)
        return rule.finding(script, like, t("There is no `{0}()`: the server will not start (exit 3). {1}", name, meant))
    return rule.finding(script, _top_of_file(script), message, fix=fix)


def _similar_function(script: Script, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """A top-level function that nobody calls and whose name is another word for ``name``."""
    called = {call.func.id for call, _ in script.names.calls if isinstance(call.func, ast.Name)}
    for node in script.tree.body:
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or node.name in called:
            continue
        if node.name.lower() == name or node.name in MEANT[name]:
            return node
        from difflib import SequenceMatcher

        if SequenceMatcher(None, node.name.lower(), name).ratio() >= 0.75:
            return node
    return None


def _top_of_file(script: Script) -> Place:
    """The first line, where a finding about something absent is shown."""
    first = script.text.lines[0] if script.text.lines else ""
    return Place(script.path, 1, 1, 1, max(1, len(first) + 1))
