"""Reading attributes and items."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from scoredock.contract.evaluation.frame import without_none
from scoredock.contract.evaluation.library import GUESSED, MODEL
from scoredock.contract.evaluation.methods import ATTRIBUTES, METHODS, PLAIN, PREDICTING
from scoredock.contract.evaluation.model_paths import VARIABLE
from scoredock.contract.evaluation.values import (
    ANY,
    STR,
    Anything,
    Class,
    Constant,
    Function,
    Instance,
    Mapping,
    Method,
    ModelPath,
    Module,
    Object,
    OneOf,
    Reference,
    Sequence,
    Value,
    element_of,
    join,
    type_of,
)
from scoredock.contract.request import CALLABLE

# Names that pandas and NumPy gave to methods, and that nobody gives to anything else.
ALWAYS_METHODS = frozenset(("tolist", "to_list", "to_json", "to_dict"))

if TYPE_CHECKING:
    from scoredock.contract.evaluation.machine import Machine


def read_attribute(machine: Machine, node: ast.Attribute, receiver: Value) -> Value:
    """`receiver.name`."""
    value = without_none(receiver)
    if not isinstance(value, (Anything, Reference, Module)):
        machine.note_access(node, receiver, name=node.attr)
    return attribute_of(machine, value, node.attr)


def attribute_of(machine: Machine, value: Value, name: str) -> Value:
    if isinstance(value, OneOf):
        return join(*(attribute_of(machine, option, name) for option in value.options))
    if isinstance(value, Reference):
        return Reference(f"{value.name}.{name}")
    if isinstance(value, Module):
        return value.frame.names.get(name) or machine.sibling(f"{value.name}.{name}") or ANY
    if isinstance(value, Instance):
        return machine.attribute(value, name)
    if isinstance(value, Class):
        member = machine.member(value, name)
        if isinstance(member, Constant) and value.bases == (Reference("enum.Enum"),):
            return Object("enum.Enum")
        if isinstance(member, Function) and any(
            isinstance(decorator, ast.Name) and decorator.id == "classmethod"
            for decorator in getattr(member.node, "decorator_list", [])
        ):
            return Function(member.node, member.frame, value, member.schemas, member.wraps)
        return member if member is not None else machine.attributes.get((value.node, name), ANY)
    if isinstance(value, Object) and value.type == "exception":
        return Object("str", tags=value.tags) if name in ("message", "msg", "args", "strerror") else ANY
    kind = type_of(value)
    if kind is None:
        # Whatever it belongs to, it is a method.
        return Method(value, name) if name in ALWAYS_METHODS else ANY
    found = ATTRIBUTES.get((kind, name))
    if found is not None:
        if isinstance(found, Object) and isinstance(value, Object) and not value.sure:
            return Object(found.type, False, found.tags)
        return found
    if name in PLAIN.get(kind, ()) or (kind == "flask.Request" and name not in CALLABLE):
        return ANY
    return Method(value, name) if _is_method(kind, name) else ANY


# Types of Python itself, whose methods we can ask for.
_OWN = {"str": str, "bytes": bytes, "list": list, "tuple": tuple, "dict": dict, "set": set, "int": int, "float": float}


def _is_method(kind: str, name: str) -> bool:
    """Whether an attribute is certainly a method: a column of a frame and an attribute of a model may have any name."""
    if kind in _OWN:
        return callable(getattr(_OWN[kind], name, None))
    return (
        (kind, name) in METHODS
        or name in ALWAYS_METHODS
        or (kind in (MODEL, GUESSED) and name in PREDICTING)
        or kind == "flask.Request"
    )


def read_item(machine: Machine, node: ast.Subscript, receiver: Value, index: Value) -> Value:
    """`receiver[index]`."""
    value = without_none(receiver)
    if not isinstance(value, (Anything, Reference, Module)):
        machine.note_access(node, receiver, item=index)
    return item_of(value, index, isinstance(node.slice, ast.Slice))


def item_of(value: Value, index: Value, sliced: bool) -> Value:
    if isinstance(value, Reference):
        # The server's environment has every variable as text.
        is_model_dir = value.name == "os.environ" and isinstance(index, Constant) and index.value == VARIABLE
        return ModelPath(()) if is_model_dir else STR if value.name == "os.environ" else ANY
    if isinstance(value, OneOf):
        return join(*(item_of(option, index, sliced) for option in value.options))
    if isinstance(value, Mapping):
        for key, item in reversed(value.items):
            if key == index and isinstance(index, Constant):
                return item
        # Every entry may be the one; what any of them is was joined.
        return value.rest if value.rest is not None and not value.items else ANY
    if isinstance(value, Sequence):
        if sliced:
            return Sequence(value.type, None, element_of(value))
        if value.items is not None and isinstance(index, Constant) and isinstance(index.value, int):
            return value.items[index.value] if -len(value.items) <= index.value < len(value.items) else ANY
        return element_of(value)
    kind = type_of(value)
    if kind == "str":
        return STR
    if kind == "numpy.ndarray" and sliced and isinstance(value, Object):
        return value
    if kind == "pandas.DataFrame" and isinstance(value, Object):
        if sliced:
            return value
        if isinstance(index, Sequence) and index.type == "list":
            return value
        if isinstance(index, Constant) and index.type == "str":
            return Object("pandas.Series", value.sure)
        return ANY
    if kind == "pandas.Series" and sliced:
        return value
    if kind == "loaded":  # a dict of models, pickled together
        return value
    if kind == "torch.Tensor":
        return value
    return ANY
