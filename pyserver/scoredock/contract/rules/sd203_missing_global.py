"""`run` uses a name that nothing has bound by then, usually because `init` forgot `global`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from scoredock.contract.rule import Rule
from scoredock.contract.scopes import Scope
from scoredock.contract.script import Script
from scoredock.contract.undefined import Use, reads, unbound_uses
from scoredock.finding import Edit, Finding, Fix, Place, Severity
from scoredock.l10n import t

RULE = Rule("SD203", "missing-global")


def check(script: Script) -> Iterator[Finding]:
    entry = script.entry
    if not entry.online or not entry.runs or script.binds_dynamically:
        return
    starts = [script.names.scopes[run.node] for run in entry.runs if run.node in script.names.scopes]
    starts += script.called_in("run")
    for use in unbound_uses(script, starts, methods=True):
        if not script.binds_unseen:
            yield _unbound(script, use)
        elif _local_binder(script, use.node.id) is not None:  # a star import could bring it, and hardly under this very name
            yield replace(_unbound(script, use), severity=Severity.WARNING)
    yield from _left_none(script, starts)


def _unbound(script: Script, use: Use) -> Finding:
    name = use.node.id
    binder = _local_binder(script, name)
    if binder is None:
        from scoredock.contract.wellknown import import_for

        line = import_for(name)
        fix = None
        hint = t("Define it, or import it.")
        if line is not None:
            from scoredock.contract.fixes import import_line

            fix = Fix(t("Add `{0}`", line), (import_line(script, line),))
            hint = t("`{0}` is missing.", line)
        if use.conditional:
            fails = t("Nothing binds `{0}`: requests that come here answer 500 with a NameError.", name)
        else:
            fails = t("Nothing binds `{0}`: every request fails with a NameError.", name)
        return RULE.finding(
            script,
            script.text.place(use.node),
            f"{fails} {hint}",
            severity=Severity.WARNING if use.conditional else Severity.ERROR,
            fix=fix,
        )
    where = getattr(binder.node, "name", t("a function"))
    return RULE.finding(
        script,
        script.text.place(use.node),
        t(
            "`{0}` is a local variable of `{1}`, which forgets it when it returns: the server starts healthy and "
            "requests fail with a NameError. Add `global {0}` to `{1}`.",
            name,
            where,
        ),
        fix=add_global(script, binder, name),
        related=((script.text.place(binder.bindings[name][0]), t("`{0}` is bound here, without `global`", name)),),
    )


def _local_binder(script: Script, name: str) -> Scope | None:
    """The function that `init` is or calls, and that binds the name for itself only."""
    inits = [script.names.scopes[init.node] for init in script.entry.inits or () if init.node in script.names.scopes]
    inits += script.called_in("init")
    found = [
        scope
        for scope in reads(script, inits, methods=True)
        if scope.is_function
        and name in scope.bindings
        and name not in scope.declared_global
        and any(not isinstance(node, ast.arg) for node in scope.bindings[name])
    ]
    found.sort(key=lambda scope: (scope not in inits, getattr(scope.node, "lineno", 0)))
    return found[0] if found else None


def _left_none(script: Script, starts: list[Scope]) -> Iterator[Finding]:
    """`model = None` at the top, `model = load()` in `init` without `global`, `model.predict(...)` in `run`."""
    module = script.names.module
    made_none = _made_none(script)
    for name, nodes in module.bindings.items() if made_none else ():
        if len(nodes) != 1 or nodes[0] not in made_none:
            continue
        binder = _local_binder(script, name)
        if binder is None or any(name in scope.declared_global and name in scope.bindings for scope in module.functions()):
            continue
        if getattr(binder.node, "name", "") != "init" or binder.parent is not module:
            continue
        reached = [scope for scope in reads(script, starts, methods=True) if scope.resolve(name) is module]
        uses = [use for scope in reached for use in scope.loads.get(name, [])]
        if not uses or not all(_needs_value(script, use) for use in uses):
            continue
        yield RULE.finding(
            script,
            script.text.place(min(uses, key=lambda use: (use.lineno, use.col_offset))),
            t(
                "`{0}` is still None here: `init` binds a local variable of the same name and forgets it when it returns. The "
                "server starts healthy and requests fail. Add `global {0}` to `init`.",
                name,
            ),
            fix=add_global(script, binder, name),
            related=((script.text.place(binder.bindings[name][0]), t("`{0}` is bound here, without `global`", name)),),
        )


def _made_none(script: Script) -> set[ast.AST]:
    """The targets of the module's `name = None`."""
    made: set[ast.AST] = set()
    for statement in script.tree.body:
        if isinstance(statement, (ast.Assign, ast.AnnAssign)):
            value = statement.value
            if isinstance(value, ast.Constant) and value.value is None:
                made.update(statement.targets if isinstance(statement, ast.Assign) else (statement.target,))
    return made


def _needs_value(script: Script, use: ast.Name) -> bool:
    """Whether the name is used as if it had a value: an attribute, an item, a call or a number of it; or only to raise
    when it has none."""
    parent = script.parents.get(use)
    if isinstance(parent, (ast.Attribute, ast.Subscript)):
        return parent.value is use
    if isinstance(parent, ast.Call):
        return parent.func is use
    if isinstance(parent, (ast.For, ast.comprehension)):
        return parent.iter is use
    if isinstance(parent, (ast.BinOp, ast.Starred)):
        return True
    # `if model is None: raise …` and `if not model: raise …`
    if not isinstance(parent, (ast.Compare, ast.UnaryOp)):
        return False
    statement = script.parents.get(parent)
    if not isinstance(statement, ast.If) or statement.test is not parent or statement.orelse:
        return False
    return isinstance(statement.body[-1], ast.Raise) and not any(
        isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id in script.names.module.bindings
        for inner in statement.body
        for part in ast.walk(inner)
    )


def add_global(script: Script, scope: Scope, name: str) -> Fix | None:
    """Insert `global name` as the first statement of a function (or add the name to its first `global`)."""
    node = scope.node
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or any(
        isinstance(binding, ast.arg) for binding in scope.bindings.get(name, [])
    ):
        return None
    body = node.body
    first = body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        if len(body) == 1:
            return None
        first = body[1]
    if isinstance(first, ast.Global):
        end = script.text.place(first)
        place = Place(script.path, end.end_line, end.end_column, end.end_line, end.end_column)
        return Fix(t("Add `global {0}`", name), (Edit(place, f", {name}"),))
    decorators = getattr(first, "decorator_list", [])
    line = min([first.lineno, *(decorator.lineno for decorator in decorators)])
    if line <= node.lineno or script.text.lines[line - 1][: first.col_offset].strip():
        return None
    place = Place(script.path, line, 1, line, 1)
    return Fix(t("Add `global {0}`", name), (Edit(place, f"{script.text.indent(line)}global {name}{script.text.newline}"),))
