"""How arguments meet parameters."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from scoredock.contract.evaluation.values import ANY, Mapping, Sequence, Value, constant

if TYPE_CHECKING:
    from scoredock.contract.evaluation.frame import Frame
    from scoredock.contract.evaluation.machine import Machine

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def parameters(node: FunctionNode) -> list[tuple[ast.arg, bool]]:
    """Each named parameter in the order of the signature, and whether it must be given."""
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    optional = len(positional) - len(arguments.defaults)
    listed = [(argument, number < optional) for number, argument in enumerate(positional)]
    keyword_only = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    listed.extend((argument, default is None) for argument, default in keyword_only)
    return listed


def bind_parameters(machine: Machine, node: FunctionNode, frame: Frame, given: list[Value], keywords: dict[str, Value]) -> None:
    """Put what is given (or the defaults, or the unknown) into the frame of a call."""
    from scoredock.contract.evaluation.expressions import evaluate

    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults: dict[str, ast.expr] = {}
    for argument, default in zip(positional[len(positional) - len(arguments.defaults) :], arguments.defaults, strict=True):
        defaults[argument.arg] = default
    for argument, maybe in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if maybe is not None:
            defaults[argument.arg] = maybe
    names = frame.names
    for number, argument in enumerate(positional):
        if number < len(given):
            names[argument.arg] = given[number]
    for argument in (*positional, *arguments.kwonlyargs):
        name = argument.arg
        if name in keywords:
            names[name] = keywords[name]
        elif name not in names:
            outer = frame.parent or frame
            names[name] = evaluate(machine, defaults[name], outer) if name in defaults else ANY
    if arguments.vararg is not None:
        rest = given[len(positional) :]
        names[arguments.vararg.arg] = Sequence("tuple", tuple(rest))
    if arguments.kwarg is not None:
        named = {argument.arg for argument in (*positional, *arguments.kwonlyargs)}
        extra = tuple((constant(name), value) for name, value in keywords.items() if name not in named)
        names[arguments.kwarg.arg] = Mapping(extra, None)
