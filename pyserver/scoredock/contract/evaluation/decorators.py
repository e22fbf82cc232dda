"""What decorators make of a function."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from scoredock.contract.evaluation.expressions import apply, evaluate
from scoredock.contract.evaluation.library import RAWHTTP, TRANSPARENT
from scoredock.contract.evaluation.values import ANY, Function, Reference, Value, options

if TYPE_CHECKING:
    from scoredock.contract.evaluation.frame import Frame
    from scoredock.contract.evaluation.machine import Machine

# Methods' decorators; they are looked at where the method is read.
_OF_METHODS = frozenset({"staticmethod", "classmethod", "property", "functools.cached_property", "abc.abstractmethod"})


def decorate(machine: Machine, function: Function, decorators: list[ast.expr], frame: Frame) -> Value:
    """Apply decorators from the innermost outwards. One that we do not know makes the function unknown."""
    value: Value = function
    for node in reversed(decorators):
        if isinstance(node, ast.Name) and node.id in _OF_METHODS and frame.read(node.id) is None:
            continue
        decorator = evaluate(machine, node, frame)
        if isinstance(decorator, Reference):
            if decorator.name in RAWHTTP:
                machine.rawhttp.append(node)
                continue
            if decorator.name in TRANSPARENT or decorator.name in _OF_METHODS:
                continue
        if isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
            called = evaluate(machine, node.func, frame)
            if isinstance(called, Reference) and called.name in TRANSPARENT:
                continue
        if isinstance(node, ast.Attribute) and node.attr in ("setter", "getter", "deleter"):
            continue
        results = [apply(machine, one, [value], {}) for one in options(decorator)]
        value = results[0] if len(results) == 1 else ANY
    return value
