"""What an expression may be at run time, as far as the text tells: the values that `evaluate.py` computes with.

A value is one of the classes below. ``ANY`` is whatever we do not know; rules stay silent about it. ``OneOf`` holds
what different paths give. All are immutable.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Union

if TYPE_CHECKING:
    from scoredock.contract.frame import Frame


@dataclass(frozen=True, slots=True)
class Anything:
    """Not known."""


ANY = Anything()


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal str, int, float, bool, bytes or None."""

    value: Any
    type: str

    def __hash__(self) -> int:
        return hash((self.type, repr(self.value)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Constant) and other.type == self.type and repr(other.value) == repr(self.value)


@dataclass(frozen=True, slots=True)
class Object:
    """Something of a known type, named by its dotted path ("numpy.ndarray", "str").

    ``sure`` is false when the type is a good guess (what an unpickled model's `predict` gives). ``tags`` say where a
    value comes from: "json" (text made by a JSON encoder), "error" (derived from a caught exception), "body" (the
    request's text as the server passes it).
    """

    type: str
    sure: bool = True
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list, tuple or set; ``items`` when each is known, else what any element may be."""

    type: str
    items: tuple[Value, ...] | None
    element: Value = ANY
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Mapping:
    """A dict: the entries we know, and what any other value may be (None: there is no other)."""

    items: tuple[tuple[Value, Value], ...] = ()
    rest: Value | None = None
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ModelPath:
    """A path below AZUREML_MODEL_DIR, all of whose parts the text gives. ``pure``: a `pathlib` path, not text."""

    parts: tuple[str, ...]
    pure: bool = False
    node: ast.AST | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ParameterType:
    """A NumpyParameterType, PandasParameterType, StandardPythonParameterType or SparkParameterType."""

    kind: str
    sample: Value
    node: ast.Call


@dataclass(frozen=True, slots=True)
class Schema:
    """`@input_schema(...)` or `@output_schema(...)`, before or after it was applied."""

    kind: str  # "input" or "output"
    name: Value  # of an input
    type: Value
    converts: bool
    optional: bool
    node: ast.Call


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the user's. ``bound`` is the first argument of a bound method; ``wraps`` what `functools.wraps`
    made it pretend to be (`inspect.signature` follows that)."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    frame: Frame = field(compare=False, repr=False)
    bound: Value | None = None
    schemas: tuple[Schema, ...] = ()
    wraps: Function | None = None

    @property
    def name(self) -> str:
        return getattr(self.node, "name", "<lambda>")


@dataclass(frozen=True, slots=True)
class Class:
    """A class of the user's. ``members`` is the frame of its body."""

    node: ast.ClassDef
    members: Frame = field(compare=False, repr=False)
    bases: tuple[Value, ...] = ()
    decorators: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of a class of the user's."""

    of: Class


@dataclass(frozen=True, slots=True)
class Reference:
    """Something of a library, by its dotted name: a module, a function, a class."""

    name: str


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the user's that was read."""

    name: str
    frame: Frame = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Method:
    """An attribute of a value that is not an object of the user's: `x.tolist`, not yet called."""

    receiver: Value
    name: str


@dataclass(frozen=True, slots=True)
class Wrapper:
    """`functools.wraps(f)`, waiting for the function that is to look like ``f``."""

    wraps: Value


@dataclass(frozen=True, slots=True)
class OneOf:
    """What several paths give: at least two values, none of them a OneOf."""

    options: tuple[Value, ...]


Value = Union[  # noqa: UP007 (a string in it would not bear `|` at run time)
    Anything,
    Constant,
    Object,
    Sequence,
    Mapping,
    ModelPath,
    ParameterType,
    Schema,
    Function,
    Class,
    Instance,
    Reference,
    Module,
    Method,
    Wrapper,
    OneOf,
]

NONE = Constant(None, "NoneType")
STR = Object("str")
INT = Object("int")
FLOAT = Object("float")
BOOL = Object("bool")
BYTES = Object("bytes")
NDARRAY = Object("numpy.ndarray")

# More paths than this and we call it unknown: nothing certain is to be said, and every join would cost more.
MOST_OPTIONS = 8


def options(value: Value) -> tuple[Value, ...]:
    """The possibilities of a value; a plain value is its own only one."""
    return value.options if isinstance(value, OneOf) else (value,)


def join(*values: Value) -> Value:
    """What may be any of these."""
    seen: dict[Value, None] = {}
    for value in values:
        for option in options(value):
            seen[option] = None
    if len(seen) == 1:
        return next(iter(seen))
    if not seen or len(seen) > MOST_OPTIONS:
        return ANY
    # A container that one path fills is empty on the path that does not enter its loop: the filled one says more.
    filled = {type_of(option) for option in seen if not _is_empty(option)}
    left = tuple(option for option in seen if not (_is_empty(option) and type_of(option) in filled))
    return left[0] if len(left) == 1 else OneOf(left)


def _is_empty(value: Value) -> bool:
    if isinstance(value, Sequence):
        return value.items == ()
    return isinstance(value, Mapping) and not value.items and value.rest is None


def constant(value: Any) -> Constant:
    return Constant(value, type(value).__name__)


def type_of(value: Value) -> str | None:
    """The dotted name of a value's type, when it has exactly one."""
    if isinstance(value, (Constant, Object, Sequence)):
        return value.type
    if isinstance(value, Mapping):
        return "dict"
    if isinstance(value, ModelPath):
        return "pathlib.Path" if value.pure else "str"
    return None


def tagged(value: Value, tag: str) -> bool:
    return tag in getattr(value, "tags", ())


def element_of(value: Value) -> Value:
    """What iterating over a value gives."""
    if isinstance(value, OneOf):
        return join(*(element_of(option) for option in value.options))
    if isinstance(value, Sequence):
        if value.items is not None:
            return join(*value.items) if value.items else ANY
        return value.element
    if isinstance(value, Mapping):
        return join(*(key for key, _ in value.items)) if value.items and value.rest is None else ANY
    if type_of(value) == "str":
        return STR
    return ANY
