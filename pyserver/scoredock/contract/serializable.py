"""Whether the server's `json.dumps` takes a value (it runs with no options; every type below was tried there)."""

from __future__ import annotations

from typing import NamedTuple

from scoredock.contract.evaluation.values import (
    Anything,
    Class,
    Constant,
    Function,
    Instance,
    Mapping,
    Method,
    Module,
    Object,
    OneOf,
    ParameterType,
    Reference,
    Sequence,
    Value,
    element_of,
)
from scoredock.l10n import deferred, t

# Types that it takes. A float64 of numpy is a float to Python.
TAKEN = frozenset(("str", "int", "float", "bool", "NoneType", "dict", "list", "tuple", "AMLResponse", "flask.Response"))

# Types that it does not take, as people call them.
REFUSED = deferred(
    {
        "numpy.ndarray": "a NumPy array",
        "pandas.DataFrame": "a DataFrame",
        "pandas.Series": "a pandas Series",
        "pandas.Index": "a pandas Index",
        "pandas.Timestamp": "a Timestamp",
        "pandas.GroupBy": "a pandas GroupBy",
        "torch.Tensor": "a tensor",
        "tensorflow.Tensor": "a tensor",
        "numpy.int64": "a NumPy integer",
        "numpy.int32": "a NumPy integer",
        "numpy.float32": "a NumPy float32",
        "numpy.float16": "a NumPy float16",
        "numpy.bool_": "a NumPy bool",
        "numpy.datetime64": "a NumPy datetime",
        "numpy.dtype": "a NumPy dtype",
        "bytes": "bytes",
        "bytearray": "a bytearray",
        "memoryview": "a memoryview",
        "datetime.datetime": "a datetime",
        "datetime.date": "a date",
        "datetime.timedelta": "a timedelta",
        "decimal.Decimal": "a Decimal",
        "uuid.UUID": "a UUID",
        "pathlib.Path": "a Path",
        "io.BytesIO": "a BytesIO",
        "io.StringIO": "a StringIO",
        "collections.deque": "a deque",
        "generator": "a generator",
        "coroutine": "a coroutine",
        "exception": "an exception",
        "range": "a range",
        "map": "a map object",
        "filter": "a filter object",
        "zip": "a zip object",
        "enumerate": "an enumerate object",
        "reversed": "an iterator",
        "iterator": "an iterator",
        "dict_keys": "a dict's keys view",
        "dict_values": "a dict's values view",
        "dict_items": "a dict's items view",
        "set": "a set",
        "frozenset": "a set",
        "complex": "a complex number",
        "object": "a bare object",
        "file": "an open file",
        "slice": "a slice",
        "enum.Enum": "a member of an enumeration",
        "sentence_transformers.SentenceTransformer": "a model",
        "estimator": "a model",
        "keras.Model": "a model",
        "onnxruntime.InferenceSession": "a session",
        "logging.Logger": "a logger",
        "flask.Request": "the request itself",
    }
)


class Refusal(NamedTuple):
    """Why it is refused. ``sure``: on every path, and by a type that is certain. ``value`` is the culprit, ``inside`` says
    that it stands in a container."""

    reason: str
    sure: bool
    value: Value
    inside: bool = False


def refusal(value: Value, *, inside: bool = False) -> Refusal | None:
    """Why JSON does not take a value, or ``None`` when it does or when that is not known."""
    if isinstance(value, OneOf):
        found = [refusal(option, inside=inside) for option in value.options]
        first = next((one for one in found if one is not None), None)
        if first is None:
            return None
        return first if all(found) else first._replace(sure=False)
    if isinstance(value, (Anything, Reference)):
        return None
    if isinstance(value, Constant):
        return Refusal(_called(value.type), True, value, inside) if value.type not in TAKEN else None
    if isinstance(value, Object):
        return Refusal(_called(value.type), value.sure, value, inside) if value.type in REFUSED else None
    if isinstance(value, Sequence):
        return _of_sequence(value, inside)
    if isinstance(value, Mapping):
        return _of_mapping(value)
    if isinstance(value, (Function, Method)):
        return Refusal(t("the function `{0}` itself, which was not called", value.name), True, value, inside)
    if isinstance(value, (Class, Module, ParameterType)):
        return Refusal(t("a class") if isinstance(value, Class) else t("not data"), True, value, inside)
    if isinstance(value, Instance):
        return _of_instance(value, inside)
    return None


def _called(kind: str) -> str:
    return t(REFUSED[kind]) if kind in REFUSED else t("a {0}", kind)


def _of_sequence(value: Sequence, inside: bool) -> Refusal | None:
    if value.type == "set":
        return Refusal(t("a set"), True, value, inside)
    for item in value.items if value.items is not None else (element_of(value),):
        found = refusal(item, inside=True)
        if found is not None:
            return found
    return None


def _of_mapping(value: Mapping) -> Refusal | None:
    for key, item in value.items:
        if isinstance(key, Sequence) and key.type == "tuple":
            return Refusal(t("a dict with a tuple as key"), True, value, True)
        if isinstance(key, Object) and key.type in ("bytes", "numpy.int64", "numpy.int32", "datetime.datetime"):
            return Refusal(t("a dict with {0} as key", _called(key.type)), key.sure, value, True)
        if isinstance(key, Constant) and key.type == "bytes":
            return Refusal(t("a dict with bytes as key"), True, value, True)
        found = refusal(item, inside=True)
        if found is not None:
            return found
    return refusal(value.rest, inside=True) if value.rest is not None else None


def _of_instance(value: Instance, inside: bool) -> Refusal | None:
    """An object of a class that the text defines, all of whose bases it defines too (or which has none)."""
    stack = [value.of]
    while stack:
        one = stack.pop()
        for base in one.bases:
            if isinstance(base, Class):
                stack.append(base)
            elif not (isinstance(base, Reference) and base.name in ("builtins.object", "abc.ABC", "pydantic.BaseModel")):
                return None
    return Refusal(t("an object of class `{0}`", value.of.node.name), True, value, inside)
