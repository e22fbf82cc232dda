"""Names that are read and that nothing binds."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from scoredock.contract.evaluation.library import BUILTINS
from scoredock.contract.guards import caught_names
from scoredock.contract.scopes import Scope

if TYPE_CHECKING:
    from scoredock.contract.script import Script


class Use(NamedTuple):
    """A read of an unbound name. ``conditional``: it stands on a branch that may never be taken."""

    node: ast.Name
    scope: Scope
    conditional: bool


def reads(script: Script, starts: list[Scope], *, methods: bool) -> list[Scope]:
    """The scopes that run when these do: themselves, and the functions that they name, on and on.

    Of a class that is named, `__init__` runs; with ``methods`` also those that the text names as attributes.
    """
    scopes = script.names.scopes
    called = {node.attr for node, _ in script.names.attributes} | {"__call__"} if methods else set()
    seen: dict[Scope, None] = {}
    stack = list(starts)
    while stack:
        scope = stack.pop()
        if scope in seen:
            continue
        seen[scope] = None
        stack.extend(child for child in scope.children if not child.is_function or isinstance(child.node, ast.Lambda))
        for name in scope.loads:
            owner = scope.resolve(name)
            for node in owner.bindings[name] if owner is not None else ():
                named = scopes.get(node)
                if named is None:
                    continue
                if named.is_function:
                    stack.append(named)
                else:
                    stack.extend(
                        child
                        for child in named.children
                        if child.is_function and getattr(child.node, "name", "") in called | {"__init__"}
                    )
    return list(seen)


def unbound_uses(script: Script, starts: list[Scope], *, methods: bool) -> Iterator[Use]:
    """The first read of each name that the module does not bind by the time these functions run."""
    bound = bound_globals(script)
    told: set[str] = set()
    found: list[Use] = []
    never = under_main(script)
    for scope in reads(script, starts, methods=methods):
        for name, nodes in scope.loads.items():
            owner = scope.resolve(name)
            if owner is not None and owner.parent is not None:
                continue
            if name in bound or name in BUILTINS:
                continue
            found.extend(Use(node, scope, is_conditional(script, node, scope)) for node in nodes if node not in never)
    found.sort(key=lambda use: (use.conditional, use.node.lineno, use.node.col_offset))
    for use in found:
        if use.node.id in told or is_guarded(script, use.node):
            continue
        told.add(use.node.id)
        yield use


def bound_globals(script: Script) -> set[str]:
    """Names of the module that something binds: its own statements, and functions that declare them global and that
    something names at all."""
    module = script.names.module
    bound = set(module.bindings) - set(script.entry.hidden) - _main_only(script)
    named = {name for scope in module.inside() for name in scope.loads} | {"init", "run"}
    named |= {node.attr for node, _ in script.names.attributes}
    for scope in module.functions():
        if not _is_named(scope, named):
            continue
        bound.update(name for name in scope.declared_global if name in scope.bindings)
    return bound


def _is_named(scope: Scope, named: set[str]) -> bool:
    """Whether somebody may call it (or the function around it)."""
    inner: Scope | None = scope
    while inner is not None and inner.parent is not None:
        if inner.is_class:
            return True
        if inner.is_function and isinstance(inner.node, ast.Lambda):
            return True
        if inner.is_function and getattr(inner.node, "name", "") not in named and not getattr(inner.node, "decorator_list", []):
            return False
        inner = inner.parent
    return True


def _main_only(script: Script) -> set[str]:
    """Names bound under `if __name__ == "__main__":` and nowhere else: the server never runs that block."""
    inside = under_main(script)
    if not inside:
        return set()
    bindings = script.names.module.bindings
    return {name for name, nodes in bindings.items() if all(node in inside for node in nodes)}


def under_main(script: Script) -> set[ast.AST]:
    """All nodes of that block."""
    from scoredock.contract.entry import is_main_test

    inside: set[ast.AST] = set()
    for node in script.tree.body:
        if isinstance(node, ast.If) and is_main_test(node.test):
            for child in node.body:
                inside.update(ast.walk(child))
    return inside


def is_conditional(script: Script, node: ast.AST, scope: Scope) -> bool:
    """Whether a read stands on a branch: in an `if`, in a handler, after an early `return`, in a function that only a
    branch calls is not asked."""
    child, parent = node, script.parents.get(node)
    while parent is not None and parent is not scope.node:
        if isinstance(parent, (ast.If, ast.IfExp)) and child is not parent.test:
            return True
        if isinstance(parent, (ast.ExceptHandler, ast.While, ast.Match, ast.match_case, ast.Assert)):
            return True
        if isinstance(parent, ast.BoolOp) and child is not parent.values[0]:
            return True
        child, parent = parent, script.parents.get(parent)
    return not (scope.is_function or scope.is_comprehension or scope.is_class or scope.parent is None)


NAME_ERRORS = frozenset(("NameError", "UnboundLocalError"))


def is_guarded(script: Script, node: ast.AST, expected: frozenset[str] | set[str] = NAME_ERRORS) -> bool:
    """Whether an error here is expected by the author: a handler names it."""
    child, parent = node, script.parents.get(node)
    while parent is not None:
        if isinstance(parent, ast.Try) and child in parent.body:
            for handler in parent.handlers:
                if not expected.isdisjoint(caught_names(handler)):
                    return True
        child, parent = parent, script.parents.get(parent)
    return False
