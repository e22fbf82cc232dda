"""Expressions: what each may be."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from scoredock.contract.evaluation import calls, targets
from scoredock.contract.evaluation.accesses import read_attribute, read_item
from scoredock.contract.evaluation.frame import Frame, without_none
from scoredock.contract.evaluation.library import BUILTIN_TYPES, BUILTINS, NEVER_REPLACED
from scoredock.contract.evaluation.model_paths import added
from scoredock.contract.evaluation.narrowing import narrow
from scoredock.contract.evaluation.operators import binary
from scoredock.contract.evaluation.values import (
    ANY,
    BOOL,
    STR,
    Class,
    Constant,
    Function,
    Instance,
    Mapping,
    Method,
    ModelPath,
    Object,
    OneOf,
    Reference,
    Schema,
    Sequence,
    Value,
    Wrapper,
    constant,
    element_of,
    join,
    tagged,
)

if TYPE_CHECKING:
    from scoredock.contract.evaluation.machine import Machine


def evaluate(machine: Machine, node: ast.expr, frame: Frame) -> Value:
    """What an expression may be; ``ANY`` for all that we do not follow (whose parts are followed all the same)."""
    look = EXPRESSIONS.get(node.__class__)
    if look is not None:
        return look(machine, node, frame)
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            evaluate(machine, child, frame)
    return ANY


def _name(machine: Machine, node: ast.Name, frame: Frame) -> Value:
    found = frame.read(node.id)
    if found is not None:
        return found
    if node.id in (NEVER_REPLACED if machine.unresolved_star else BUILTINS):
        return Reference(f"builtins.{node.id}")
    return ANY


def _constant(machine: Machine, node: ast.Constant, frame: Frame) -> Value:
    return constant(node.value)


def _text(machine: Machine, node: ast.JoinedStr, frame: Frame) -> Value:
    parts = [evaluate(machine, part.value, frame) for part in node.values if isinstance(part, ast.FormattedValue)]
    if parts and isinstance(parts[0], ModelPath) and len(node.values) == 2:
        first, last = node.values
        if isinstance(first, ast.FormattedValue) and isinstance(last, ast.Constant):
            return added(ModelPath(parts[0].parts), constant(last.value), node) or ANY
    return Object("str", tags=frozenset({"error"})) if any(tagged(part, "error") for part in parts) else STR


def _sequence(machine: Machine, node: ast.List | ast.Tuple | ast.Set, frame: Frame) -> Value:
    kind = {ast.List: "list", ast.Tuple: "tuple", ast.Set: "set"}[type(node)]
    values = [evaluate(machine, part.value if isinstance(part, ast.Starred) else part, frame) for part in node.elts]
    if any(isinstance(part, ast.Starred) for part in node.elts):
        return Sequence(kind, None)
    return Sequence(kind, tuple(values))


def _mapping(machine: Machine, node: ast.Dict, frame: Frame) -> Value:
    items: list[tuple[Value, Value]] = []
    rest: Value | None = None
    for key, value in zip(node.keys, node.values, strict=True):
        evaluated = evaluate(machine, value, frame)
        if key is not None:
            items.append((evaluate(machine, key, frame), evaluated))
        elif isinstance(evaluated, Mapping):
            items.extend(evaluated.items)
            rest = evaluated.rest if rest is None else ANY
        else:
            rest = ANY
    return Mapping(tuple(items), rest)


def _comprehension(machine: Machine, node: Any, frame: Frame) -> Value:
    inner = Frame(frame, machine.scopes.get(node))
    # A class body's comprehension sees the class's names only in its first iterable; that is fine for us either way.
    for number, generator in enumerate(node.generators):
        items = element_of(evaluate(machine, generator.iter, frame if number == 0 else inner))
        targets.assign(machine, generator.target, items, inner)
        for condition in generator.ifs:
            evaluate(machine, condition, inner)
            when_true, _ = narrow(machine, condition, inner)
            if when_true is not None:
                inner.names = when_true
    if isinstance(node, ast.DictComp):
        key, value = evaluate(machine, node.key, inner), evaluate(machine, node.value, inner)
        return Mapping(((key, value),), None) if key != ANY else Mapping((), value)
    element = evaluate(machine, node.elt, inner)
    if isinstance(node, ast.GeneratorExp):
        return Object("generator")
    return Sequence("list" if isinstance(node, ast.ListComp) else "set", None, element)


def _attribute(machine: Machine, node: ast.Attribute, frame: Frame) -> Value:
    return read_attribute(machine, node, evaluate(machine, node.value, frame))


def _subscript(machine: Machine, node: ast.Subscript, frame: Frame) -> Value:
    receiver = evaluate(machine, node.value, frame)
    index = evaluate(machine, node.slice, frame)
    return read_item(machine, node, receiver, index)


def _slice(machine: Machine, node: ast.Slice, frame: Frame) -> Value:
    for part in (node.lower, node.upper, node.step):
        if part is not None:
            evaluate(machine, part, frame)
    return Object("slice")


def _call(machine: Machine, node: ast.Call, frame: Frame) -> Value:
    callee = evaluate(machine, node.func, frame)
    arguments: list[Value] = []
    keywords: dict[str, Value] = {}
    for part in node.args:
        if isinstance(part, ast.Starred):
            several = evaluate(machine, part.value, frame)
            if isinstance(several, Sequence) and several.items is not None:
                arguments.extend(several.items)
            elif not isinstance(callee, (Reference, Method)):
                callee = ANY  # which parameters it fills is not known
        else:
            arguments.append(evaluate(machine, part, frame))
    for keyword in node.keywords:
        value = evaluate(machine, keyword.value, frame)
        if keyword.arg is not None:
            keywords[keyword.arg] = value
        elif isinstance(value, Mapping) and value.rest is None and all(isinstance(key, Constant) for key, _ in value.items):
            keywords.update({str(key.value): item for key, item in value.items if isinstance(key, Constant)})
        else:
            keywords["**"] = value
    value = apply(machine, callee, arguments, keywords, node)
    if isinstance(node.func, ast.Attribute) and not isinstance(callee, (Function, Class, Reference)):
        targets.mutate(machine, node.func, node.func.attr, arguments, frame)
    else:
        targets.escape(machine, callee, node, frame)
    return value


def apply(
    machine: Machine, callee: Value, arguments: list[Value], keywords: dict[str, Value], node: ast.Call | None = None
) -> Value:
    """What a call gives."""
    if node is not None:
        machine.note_call(node, callee, arguments, keywords)
    callee = without_none(callee)
    if isinstance(callee, OneOf):
        return join(*(apply(machine, option, arguments, keywords) for option in callee.options))
    if isinstance(callee, Function):
        if "**" in keywords:
            return ANY
        return machine.call(callee, arguments, keywords)
    if isinstance(callee, Class):
        return machine.make(callee, arguments, keywords)
    if isinstance(callee, Instance):
        called = machine.member(callee.of, "__call__")
        if isinstance(called, Function):
            return machine.call(Function(called.node, called.frame, callee), arguments, keywords)
        return ANY
    if isinstance(callee, Reference):
        return calls.call_library(machine, callee.name, arguments, keywords, node)
    if isinstance(callee, Method):
        return calls.call_method_of(machine, callee, arguments, keywords)
    if isinstance(callee, Schema) and arguments:
        function = arguments[0]
        if isinstance(function, Function):
            return Function(function.node, function.frame, function.bound, (callee, *function.schemas), function.wraps)
        return ANY
    if isinstance(callee, Wrapper) and arguments:
        function = arguments[0]
        if isinstance(function, Function):
            if isinstance(callee.wraps, Function):
                return Function(function.node, function.frame, function.bound, function.schemas, callee.wraps)
            return ANY  # what it pretends to be is not known, so neither is its signature
        return ANY
    if isinstance(callee, Object) and callee.type in ("keras.Model", "torch.Module"):
        return Object("torch.Tensor" if callee.type == "torch.Module" else "tensorflow.Tensor", sure=callee.sure)
    return ANY


def _conditional(machine: Machine, node: ast.IfExp, frame: Frame) -> Value:
    evaluate(machine, node.test, frame)
    when_true, when_false = narrow(machine, node.test, frame)
    before = frame.names
    values = []
    for names, part in ((when_true, node.body), (when_false, node.orelse)):
        if names is not None:
            frame.names = names
            values.append(evaluate(machine, part, frame))
    frame.names = before
    return join(*values)


def _boolean(machine: Machine, node: ast.BoolOp, frame: Frame) -> Value:
    return join(*(evaluate(machine, part, frame) for part in node.values))


def _binary(machine: Machine, node: ast.BinOp, frame: Frame) -> Value:
    left, right = evaluate(machine, node.left, frame), evaluate(machine, node.right, frame)
    if isinstance(left, ModelPath) and isinstance(node.op, (ast.Add, ast.Div)):
        return added(left, right, node) or ANY
    return binary(node.op, left, right)


def _unary(machine: Machine, node: ast.UnaryOp, frame: Frame) -> Value:
    value = evaluate(machine, node.operand, frame)
    return BOOL if isinstance(node.op, ast.Not) else value if not isinstance(value, Constant) else Object(value.type)


def _compare(machine: Machine, node: ast.Compare, frame: Frame) -> Value:
    values = [evaluate(machine, part, frame) for part in (node.left, *node.comparators)]
    elementwise = not any(isinstance(op, (ast.In, ast.NotIn, ast.Is, ast.IsNot)) for op in node.ops)
    for value in values:
        if elementwise and isinstance(value, Object) and value.type in ("numpy.ndarray", "pandas.Series", "pandas.DataFrame"):
            return Object(value.type, value.sure)
    if all(isinstance(value, (Constant, Sequence, Mapping)) for value in values) or not elementwise:
        return BOOL
    return ANY


def _named(machine: Machine, node: ast.NamedExpr, frame: Frame) -> Value:
    value = evaluate(machine, node.value, frame)
    owner = frame
    while owner.scope is not None and owner.scope.is_comprehension and owner.parent is not None:
        owner = owner.parent
    owner.bind(node.target.id, value)
    return value


def _lambda(machine: Machine, node: ast.Lambda, frame: Frame) -> Value:
    return Function(node, frame)


def _await(machine: Machine, node: ast.Await, frame: Frame) -> Value:
    evaluate(machine, node.value, frame)
    return ANY


EXPRESSIONS: dict[type[ast.AST], Callable[[Machine, Any, Frame], Value]] = {
    ast.Name: _name,
    ast.Constant: _constant,
    ast.JoinedStr: _text,
    ast.List: _sequence,
    ast.Tuple: _sequence,
    ast.Set: _sequence,
    ast.Dict: _mapping,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.DictComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Slice: _slice,
    ast.Call: _call,
    ast.IfExp: _conditional,
    ast.BoolOp: _boolean,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Compare: _compare,
    ast.NamedExpr: _named,
    ast.Lambda: _lambda,
    ast.Await: _await,
}

__all__ = ["BUILTIN_TYPES", "apply", "evaluate"]
