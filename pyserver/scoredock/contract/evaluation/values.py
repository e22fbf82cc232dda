"""What an expression may be at run time, as far as the text tells: the values that `machine.py` computes with.

A value is one of the classes below. ``ANY`` is whatever we do not know; rules stay silent about it. ``OneOf`` holds
what different paths give. All are immutable.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, Union

if TYPE_CHECKING:
    from scoredock.contract.evaluation.frame import Frame

# Written out by hand: sixteen frozen dataclasses take 12 ms to make, which is more than a whole analysis, and are slower.


class Known:
    """What all values share: they are equal when they are of one class and their `key` is."""

    __slots__ = ()

    @property
    def key(self) -> Hashable:
        return ()

    def __eq__(self, other: object) -> bool:
        return self is other or (other.__class__ is self.__class__ and self.key == other.key)

    def __hash__(self) -> int:
        return hash((self.__class__, self.key))

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}{self.key!r}"


class Anything(Known):
    """Not known."""

    __slots__ = ()


ANY = Anything()


class Constant(Known):
    """A literal str, int, float, bool, bytes or None."""

    __slots__ = ("type", "value")

    def __init__(self, value: Any, type: str) -> None:  # noqa: A002
        self.value = value
        self.type = type

    @property
    def key(self) -> Hashable:
        return self.type, repr(self.value)  # 0.0 and -0.0, and nan, are told apart


class Object(Known):
    """Something of a known type, named by its dotted path ("numpy.ndarray", "str").

    ``sure`` is false when the type is a good guess (what an unpickled model's `predict` gives). ``tags`` say where a
    value comes from: "json" (text made by a JSON encoder), "error" (derived from a caught exception), "body" (the
    request's text as the server passes it).
    """

    __slots__ = ("sure", "tags", "type")

    def __init__(self, type: str, sure: bool = True, tags: frozenset[str] = frozenset()) -> None:  # noqa: A002
        self.type = type
        self.sure = sure
        self.tags = tags

    @property
    def key(self) -> Hashable:
        return self.type, self.sure, self.tags


class Sequence(Known):
    """A list, tuple or set; ``items`` when each is known, else what any element may be."""

    __slots__ = ("element", "items", "type")

    def __init__(self, type: str, items: tuple[Value, ...] | None, element: Value = ANY) -> None:  # noqa: A002
        self.type = type
        self.items = items
        self.element = element

    @property
    def key(self) -> Hashable:
        return self.type, self.items, self.element


class Mapping(Known):
    """A dict: the entries we know, and what any other value may be (None: there is no other)."""

    __slots__ = ("items", "rest")

    def __init__(self, items: tuple[tuple[Value, Value], ...] = (), rest: Value | None = None) -> None:
        self.items = items
        self.rest = rest

    @property
    def key(self) -> Hashable:
        return self.items, self.rest


class ModelPath(Known):
    """A path below AZUREML_MODEL_DIR, all of whose parts the text gives. ``pure``: a `pathlib` path, not text."""

    __slots__ = ("node", "parts", "pure")

    def __init__(self, parts: tuple[str, ...], pure: bool = False, node: ast.AST | None = None) -> None:
        self.parts = parts
        self.pure = pure
        self.node = node

    @property
    def key(self) -> Hashable:
        return self.parts, self.pure


class ParameterType(Known):
    """A NumpyParameterType, PandasParameterType, StandardPythonParameterType or SparkParameterType."""

    __slots__ = ("kind", "node", "sample")

    def __init__(self, kind: str, sample: Value, node: ast.Call) -> None:
        self.kind = kind
        self.sample = sample
        self.node = node

    @property
    def key(self) -> Hashable:
        return self.kind, self.sample, self.node


class Schema(Known):
    """`@input_schema(...)` or `@output_schema(...)`, before or after it was applied. ``kind`` is "input" or "output", ``name``
    an input's parameter; ``converts`` and ``optional`` are the decorator's own switches."""

    __slots__ = ("converts", "kind", "name", "node", "optional", "type")

    def __init__(self, kind: str, name: Value, type: Value, *, converts: bool, optional: bool, node: ast.Call) -> None:  # noqa: A002
        self.kind = kind
        self.name = name
        self.type = type
        self.converts = converts
        self.optional = optional
        self.node = node

    @property
    def key(self) -> Hashable:
        return self.kind, self.node


class Function(Known):
    """A function of the user's. ``bound`` is the first argument of a bound method; ``wraps`` what `functools.wraps`
    made it pretend to be (`inspect.signature` follows that)."""

    __slots__ = ("bound", "frame", "node", "schemas", "wraps")

    def __init__(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
        frame: Frame,
        bound: Value | None = None,
        schemas: tuple[Schema, ...] = (),
        wraps: Function | None = None,
    ) -> None:
        self.node = node
        self.frame = frame
        self.bound = bound
        self.schemas = schemas
        self.wraps = wraps

    @property
    def key(self) -> Hashable:
        return self.node, self.bound, self.schemas, self.wraps

    @property
    def name(self) -> str:
        return getattr(self.node, "name", "<lambda>")

    @property
    def origin(self) -> Function:
        """The author's own function, below all the decorators that pretend to be it."""
        function = self
        while function.wraps is not None:
            function = function.wraps
        return function


class Class(Known):
    """A class of the user's. ``members`` is the frame of its body."""

    __slots__ = ("bases", "decorators", "members", "node")

    def __init__(
        self, node: ast.ClassDef, members: Frame, bases: tuple[Value, ...] = (), decorators: tuple[Value, ...] = ()
    ) -> None:
        self.node = node
        self.members = members
        self.bases = bases
        self.decorators = decorators

    @property
    def key(self) -> Hashable:
        return self.node


class Instance(Known):
    """An object of a class of the user's."""

    __slots__ = ("of",)

    def __init__(self, of: Class) -> None:
        self.of = of

    @property
    def key(self) -> Hashable:
        return self.of.node


class Reference(Known):
    """Something of a library, by its dotted name: a module, a function, a class."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def key(self) -> Hashable:
        return self.name


class Module(Known):
    """A module of the user's that was read."""

    __slots__ = ("frame", "name")

    def __init__(self, name: str, frame: Frame) -> None:
        self.name = name
        self.frame = frame

    @property
    def key(self) -> Hashable:
        return self.name


class Method(Known):
    """An attribute of a value that is not an object of the user's: `x.tolist`, not yet called."""

    __slots__ = ("name", "receiver")

    def __init__(self, receiver: Value, name: str) -> None:
        self.receiver = receiver
        self.name = name

    @property
    def key(self) -> Hashable:
        return self.receiver, self.name


class Wrapper(Known):
    """`functools.wraps(f)`, waiting for the function that is to look like ``f``."""

    __slots__ = ("wraps",)

    def __init__(self, wraps: Value) -> None:
        self.wraps = wraps

    @property
    def key(self) -> Hashable:
        return self.wraps


class OneOf(Known):
    """What several paths give: at least two values, none of them a OneOf."""

    __slots__ = ("options",)

    def __init__(self, options: tuple[Value, ...]) -> None:
        self.options = options

    @property
    def key(self) -> Hashable:
        return self.options


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
    return value.options if value.__class__ is OneOf else (value,)


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
    if isinstance(value, (Object, Constant, Sequence)):
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
