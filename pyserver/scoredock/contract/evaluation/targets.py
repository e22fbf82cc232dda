"""Assignment to names, attributes, items and patterns, and changes of containers in place."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from scoredock.contract.evaluation import expressions
from scoredock.contract.evaluation.operators import binary
from scoredock.contract.evaluation.values import (
    ANY,
    Class,
    Constant,
    Function,
    Instance,
    Mapping,
    Module,
    Object,
    OneOf,
    Reference,
    Sequence,
    Value,
    constant,
    element_of,
    join,
    options,
)
from scoredock.contract.words import words

if TYPE_CHECKING:
    from scoredock.contract.evaluation.frame import Frame
    from scoredock.contract.evaluation.machine import Machine


def assign(machine: Machine, target: ast.expr, value: Value, frame: Frame) -> None:
    if isinstance(target, ast.Name):
        frame.bind(target.id, value)
    elif isinstance(target, (ast.Tuple, ast.List)):
        _unpack(machine, target.elts, value, frame)
    elif isinstance(target, ast.Starred):
        assign(machine, target.value, Sequence("list", None), frame)
    elif isinstance(target, ast.Attribute):
        _set_attribute(machine, target, value, frame)
    elif isinstance(target, ast.Subscript):
        _set_item(machine, target, value, frame)


def _unpack(machine: Machine, targets: list[ast.expr], value: Value, frame: Frame) -> None:
    known = isinstance(value, Sequence) and value.items is not None and len(value.items) == len(targets)
    if known and not any(isinstance(target, ast.Starred) for target in targets):
        for target, item in zip(targets, value.items, strict=True):  # type: ignore[union-attr, arg-type]
            assign(machine, target, item, frame)
        return
    element = value.element if isinstance(value, Sequence) and value.items is None else ANY
    for target in targets:
        assign(machine, target, element, frame)


def _set_attribute(machine: Machine, target: ast.Attribute, value: Value, frame: Frame) -> None:

    for receiver in options(expressions.evaluate(machine, target.value, frame)):
        if isinstance(receiver, Instance):
            machine.set_attribute(receiver.of, target.attr, value)
        elif isinstance(receiver, Class):
            machine.set_attribute(receiver, target.attr, value)
        elif isinstance(receiver, Module):
            receiver.frame.names[target.attr] = value
    # A frame or an array one of whose attributes is set stays what it is.


def _set_item(machine: Machine, target: ast.Subscript, value: Value, frame: Frame) -> None:

    expressions.evaluate(machine, target.slice, frame)
    holder = expressions.evaluate(machine, target.value, frame)
    if not isinstance(target.value, ast.Name):
        _forget(target.value, frame)
        return
    index = expressions.evaluate(machine, target.slice, frame)
    if isinstance(holder, Mapping) and isinstance(index, Constant):
        kept = tuple(item for item in holder.items if item[0] != index)
        frame.rebind(target.value.id, Mapping((*kept, (index, value)), holder.rest))
    elif isinstance(holder, Mapping):
        # Which entry it was is not known, and it may have been every one, in a loop.
        rest = (
            value
            if not holder.items and holder.rest is None
            else join(holder.rest, value)
            if not holder.items and holder.rest
            else ANY
        )
        frame.rebind(target.value.id, Mapping((), rest))
    elif isinstance(holder, (Sequence, OneOf)):
        frame.rebind(target.value.id, ANY)


def _forget(node: ast.expr, frame: Frame) -> None:
    """A container inside of a container changed: what the outermost name holds there is no longer known."""
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and isinstance(node.slice, ast.Constant):
        holder = frame.read(node.value.id)
        if isinstance(holder, Mapping):
            key = constant(node.slice.value)
            kept = tuple((known, ANY if known == key else value) for known, value in holder.items)
            frame.rebind(node.value.id, Mapping(kept, holder.rest))
            return
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    if isinstance(node, ast.Name) and isinstance(frame.read(node.id), (Mapping, Sequence, OneOf)):
        frame.rebind(node.id, ANY)


def augment(machine: Machine, node: ast.AugAssign, frame: Frame) -> None:

    value = expressions.evaluate(machine, node.value, frame)
    if isinstance(node.target, ast.Name):
        before = frame.read(node.target.id) or ANY
        if isinstance(before, Sequence) and before.type == "list" and isinstance(node.op, ast.Add):
            frame.bind(node.target.id, _longer(before, element_of(value)))
        else:
            frame.bind(node.target.id, binary(node.op, before, value))
    else:
        expressions.evaluate(machine, node.target, frame)
        _forget(node.target, frame)


def _longer(before: Sequence, element: Value) -> Sequence:
    known = () if before.items == () else (element_of(before),)
    return Sequence(before.type, None, join(*known, element))


def mutate(machine: Machine, function: ast.Attribute, name: str, arguments: list[Value], frame: Frame) -> None:
    """`holder.append(x)` and its like."""
    holder = function.value
    if not isinstance(holder, ast.Name):
        if name in _CHANGING:
            _forget(holder, frame)
        return
    before = frame.read(holder.id)
    if isinstance(before, Sequence):
        if name in ("append", "add") and arguments:
            frame.rebind(holder.id, _longer(before, arguments[0]))
        elif name == "insert" and len(arguments) > 1:
            frame.rebind(holder.id, _longer(before, arguments[1]))
        elif name in ("extend", "update") and arguments:
            frame.rebind(holder.id, _longer(before, element_of(arguments[0])))
        elif name == "clear":
            frame.rebind(holder.id, Sequence(before.type, ()))
    elif isinstance(before, Mapping):
        if name == "update" and len(arguments) == 1 and isinstance(arguments[0], Mapping):
            added = arguments[0]
            replaced = {key for key, _ in added.items}
            kept = tuple(item for item in before.items if item[0] not in replaced)
            rest = before.rest if added.rest is None else ANY
            frame.rebind(holder.id, Mapping((*kept, *added.items), rest))
        elif name in _CHANGING:
            frame.rebind(holder.id, ANY)
    elif isinstance(before, OneOf) and name in _CHANGING:
        frame.rebind(holder.id, ANY)


_CHANGING = frozenset(words("append add insert extend update clear pop popitem remove setdefault sort reverse"))

# Functions that change none of their arguments.
_HARMLESS = ("builtins.", "json.", "logging.", "numpy.", "pandas.", "time.", "os.", "copy.", "math.")


def escape(machine: Machine, callee: Value, node: ast.Call, frame: Frame) -> None:
    """A container given to a function that we do not follow may come back changed."""
    if isinstance(callee, (Function, Class)) or (isinstance(callee, Reference) and callee.name.startswith(_HARMLESS)):
        return
    for part in node.args:
        if isinstance(part, ast.Name):
            before = frame.read(part.id)
            if isinstance(before, (Mapping, OneOf)) or (isinstance(before, Sequence) and before.type == "list"):
                frame.rebind(part.id, ANY)


__all__ = ["Object", "assign", "augment", "escape", "mutate"]
