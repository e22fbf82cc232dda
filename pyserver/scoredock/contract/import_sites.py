"""Every import of a script with what its failure would mean."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from scoredock.contract.entry import is_main_test
from scoredock.contract.guards import caught_names
from scoredock.contract.scopes import Scope
from scoredock.contract.undefined import reads
from scoredock.l10n import deferred, t

if TYPE_CHECKING:
    from scoredock.contract.script import Script

EXIT = deferred("the server will not start (exit 3)")
FAILS = deferred("every request that comes here answers 500")


class ImportSite(NamedTuple):
    """One name that an import asks for: the module, and the name in it (``None`` for `import module`).

    ``consequence`` says what happens when it fails; ``conditional``: it stands on a branch.
    """

    node: ast.Import | ast.ImportFrom
    alias: ast.alias
    module: str
    name: str | None
    consequence: str
    conditional: bool


def import_sites(script: Script) -> Iterator[ImportSite]:
    """The imports that the server meets and whose failure nothing catches."""
    entry, scopes = script.entry, script.names.scopes
    inits = [scopes[init.node] for init in entry.inits or () if init.node in scopes]
    runs = [scopes[run.node] for run in entry.runs or () if run.node in scopes]
    starting: set[Scope] | None = None
    running: set[Scope] = set()
    for node, scope in script.names.imports:
        consequence = t(EXIT)
        if scope.parent is not None:
            if starting is None:
                starting = set(reads(script, [script.names.module, *inits], methods=False))
                running = set(reads(script, runs, methods=True))
            if scope not in starting:
                if scope not in running:
                    continue
                consequence = t(FAILS)
        conditional = _branch(script, node)
        if conditional is None:
            continue
        for alias in node.names:
            if isinstance(node, ast.Import):
                yield ImportSite(node, alias, alias.name, None, consequence, conditional)
            else:
                yield ImportSite(node, alias, "." * node.level + (node.module or ""), alias.name, consequence, conditional)


def _branch(script: Script, node: ast.AST) -> bool | None:
    """Whether a statement stands on a branch; ``None`` when the server never comes there or a handler expects failure."""
    if node in script.tree.body:
        return False
    conditional = False
    child, parent = node, script.parents.get(node)
    while parent is not None:
        if isinstance(parent, ast.If):
            if child in parent.body and (is_main_test(parent.test) or "TYPE_CHECKING" in ast.unparse(parent.test)):
                return None
            conditional = True
        elif isinstance(parent, ast.Try) and child in parent.body:
            for handler in parent.handlers:
                caught = caught_names(handler)
                if handler.type is None or caught & {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}:
                    return None
        elif isinstance(parent, (ast.ExceptHandler, ast.With)):
            conditional = conditional or isinstance(parent, ast.ExceptHandler) or "suppress" in ast.unparse(parent.items[0])
        child, parent = parent, script.parents.get(parent)
    return conditional
