"""Statements: how they change what names are, path by path."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from scoredock.contract.evaluation.classes import define_class
from scoredock.contract.evaluation.decorators import decorate
from scoredock.contract.evaluation.expressions import evaluate
from scoredock.contract.evaluation.frame import Frame, merge
from scoredock.contract.evaluation.imports import run_import, run_import_from
from scoredock.contract.evaluation.machine import Returned
from scoredock.contract.evaluation.narrowing import narrow
from scoredock.contract.evaluation.targets import assign, augment
from scoredock.contract.evaluation.values import ANY, NONE, Function, Object, element_of
from scoredock.contract.guards import carries_on

if TYPE_CHECKING:
    from scoredock.contract.evaluation.machine import Machine


def run_block(machine: Machine, body: list[ast.stmt], frame: Frame) -> bool:
    """Follow statements; false when none of the paths reaches the end."""
    for statement in body:
        machine.tick()
        step = STEPS.get(statement.__class__)
        if step is not None and step(machine, statement, frame) is False:
            return False
    return True


def _expression(machine: Machine, node: ast.Expr, frame: Frame) -> bool | None:
    value = evaluate(machine, node.value, frame)
    machine.notes.dropped.append((node, value, machine.phase))
    # `sys.exit(…)` ends the path.
    return not (isinstance(value, Object) and value.type == "never")


def _assign(machine: Machine, node: ast.Assign, frame: Frame) -> None:
    value = evaluate(machine, node.value, frame)
    for target in node.targets:
        assign(machine, target, value, frame)


def _annotated(machine: Machine, node: ast.AnnAssign, frame: Frame) -> None:
    if node.value is not None:
        assign(machine, node.target, evaluate(machine, node.value, frame), frame)


def _augmented(machine: Machine, node: ast.AugAssign, frame: Frame) -> None:
    augment(machine, node, frame)


def _return(machine: Machine, node: ast.Return, frame: Frame) -> bool:
    value = NONE if node.value is None else evaluate(machine, node.value, frame)
    frame.returns.append(Returned(node, value, frame.handlers[-1] if frame.handlers else None))
    return False


def _raise(machine: Machine, node: ast.Raise, frame: Frame) -> bool:
    for part in (node.exc, node.cause):
        if part is not None:
            evaluate(machine, part, frame)
    return False


def _leave_loop(machine: Machine, node: ast.Break | ast.Continue, frame: Frame) -> bool:
    if frame.breaks:
        frame.breaks[-1].append(dict(frame.names))
    return False


def _if(machine: Machine, node: ast.If, frame: Frame) -> bool:
    evaluate(machine, node.test, frame)
    return _branches(machine, node.test, node.body, node.orelse, frame)


def _branches(machine: Machine, test: ast.expr, body: list[ast.stmt], orelse: list[ast.stmt], frame: Frame) -> bool:
    when_true, when_false = narrow(machine, test, frame)
    ends: list[dict[str, Any]] = []
    for names, block in ((when_true, body), (when_false, orelse)):
        if names is None:
            continue
        frame.names = names
        if run_block(machine, block, frame):
            ends.append(frame.names)
    if ends:
        frame.names = merge(ends)
    return bool(ends)


def _for(machine: Machine, node: ast.For | ast.AsyncFor, frame: Frame) -> bool:
    items = element_of(evaluate(machine, node.iter, frame))
    return _loop(machine, node.body, node.orelse, frame, lambda: assign(machine, node.target, items, frame))


def _while(machine: Machine, node: ast.While, frame: Frame) -> bool:
    evaluate(machine, node.test, frame)
    _loop(machine, node.body, node.orelse, frame, lambda: None)
    return True


def _loop(machine: Machine, body: list[ast.stmt], orelse: list[ast.stmt], frame: Frame, begin: Callable[[], None]) -> bool:
    # Twice: the second time round, names are what the first time made of them.
    before = dict(frame.names)
    exits: list[dict[str, Any]] = []
    for _ in range(2):
        frame.breaks.append([])
        frame.names = dict(merge([before, *exits]))
        begin()
        if run_block(machine, body, frame):
            exits.append(frame.names)
        exits.extend(frame.breaks.pop())
    # Whoever builds a result in a loop means the case in which the loop runs.
    frame.names = dict(merge(exits)) if exits else before
    return run_block(machine, orelse, frame)


def _try(machine: Machine, node: Any, frame: Frame) -> bool:
    before = dict(frame.names)
    guard = machine.guarding.get(node)
    if guard is None:
        guard = machine.guarding[node] = carries_on(node)
    machine.guards += guard
    alive = run_block(machine, node.body, frame)
    machine.guards -= guard
    after = frame.names
    ends: list[dict[str, Any]] = []
    handled = merge([before, dict(after)])
    if alive:
        frame.names = dict(after)
        if run_block(machine, node.orelse, frame):
            ends.append(frame.names)
    for handler in node.handlers:
        frame.names = dict(handled)
        if handler.name:
            frame.names[handler.name] = Object("exception", tags=frozenset({"error"}))
        frame.handlers.append(handler)
        machine.handling += 1
        if run_block(machine, handler.body, frame):
            ends.append(frame.names)
        frame.handlers.pop()
        machine.handling -= 1
    frame.names = merge(ends) if ends else dict(handled)
    finished = run_block(machine, node.finalbody, frame)
    return bool(ends) and finished


def _with(machine: Machine, node: ast.With | ast.AsyncWith, frame: Frame) -> bool:
    for item in node.items:
        value = evaluate(machine, item.context_expr, frame)
        if item.optional_vars is not None:
            assign(machine, item.optional_vars, value if isinstance(value, Object) and value.type == "file" else ANY, frame)
    return run_block(machine, node.body, frame)


def _match(machine: Machine, node: ast.Match, frame: Frame) -> bool:
    evaluate(machine, node.subject, frame)
    before = frame.names
    ends: list[dict[str, Any]] = []
    complete = False
    for case in node.cases:
        frame.names = dict(before)
        for part in ast.walk(case.pattern):
            name = getattr(part, "name", None) or getattr(part, "rest", None)
            if isinstance(name, str):
                frame.bind(name, ANY)
        complete = complete or (case.guard is None and isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None)
        if run_block(machine, case.body, frame):
            ends.append(frame.names)
    if not complete:
        ends.append(before)
    frame.names = merge(ends) if ends else before
    return bool(ends)


def _function(machine: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef, frame: Frame) -> None:
    for default in (*node.args.defaults, *node.args.kw_defaults):
        if default is not None:
            evaluate(machine, default, frame)
    frame.bind(node.name, decorate(machine, Function(node, frame), node.decorator_list, frame))


def _class(machine: Machine, node: ast.ClassDef, frame: Frame) -> None:
    frame.bind(node.name, define_class(machine, node, frame))


def _delete(machine: Machine, node: ast.Delete, frame: Frame) -> None:
    for target in node.targets:
        if isinstance(target, ast.Name):
            frame.names.pop(target.id, None)


def _assert(machine: Machine, node: ast.Assert, frame: Frame) -> bool:
    evaluate(machine, node.test, frame)
    when_true, _ = narrow(machine, node.test, frame)
    if when_true is None:
        return False
    frame.names = when_true
    return True


STEPS: dict[type[ast.AST], Callable[[Machine, Any, Frame], bool | None]] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Return: _return,
    ast.Raise: _raise,
    ast.Break: _leave_loop,
    ast.Continue: _leave_loop,
    ast.If: _if,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.While: _while,
    ast.Try: _try,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Match: _match,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
    ast.Delete: _delete,
    ast.Assert: _assert,
    ast.Import: run_import,
    ast.ImportFrom: run_import_from,
}
if hasattr(ast, "TryStar"):  # Python 3.11
    STEPS[ast.TryStar] = _try
