"""Numpy arrays inside pickles: joblib's, whose bytes follow the wrapper in the same stream, and the pickled ones."""

from __future__ import annotations

import math
from typing import Any

from scoredock.l10n import t
from scoredock.models.reading.stream import Stream
from scoredock.models.reading.stubs import Array, Broken, DType, Made, Name

SHORT = 16 * 1024  # bytes of an array whose values are kept
MANY = 1000  # values
WRAPPERS = {"joblib.numpy_pickle.NumpyArrayWrapper", "sklearn.externals.joblib.numpy_pickle.NumpyArrayWrapper"}


def wrapped_array(made: Made) -> tuple[DType, tuple[int, ...], bool] | None:
    """Dtype, shape and whether the bytes are aligned, of joblib's wrapper; ``None`` when it is none."""
    if made.class_name not in WRAPPERS:
        return None
    kind, shape = made.attribute("dtype"), made.attribute("shape")
    dtype = DType.from_pickle(kind) if isinstance(kind, Made) else None
    if dtype is None or not isinstance(shape, tuple) or not all(isinstance(n, int) and n >= 0 for n in shape):
        raise Broken(t("holds an array of a shape or type that cannot be read"))
    return dtype, shape, isinstance(made.attribute("numpy_array_alignment_bytes"), int)


def read_bytes(stream: Stream, dtype: DType, shape: tuple[int, ...], aligned: bool) -> Array:
    """Pass over the bytes of an array without objects; short ones are decoded."""
    if aligned:
        stream.skip(stream.byte())
    count = math.prod(shape)
    size = count * dtype.itemsize
    if size <= SHORT and count <= MANY:
        return Array(shape, dtype.order + dtype.code, dtype.decode(stream.read(size), count))
    stream.skip(size)
    return Array(shape, dtype.order + dtype.code)


def pickled_array(made: Made) -> Array | None:
    """An array that the plain pickler wrote: ``_reconstruct`` with ``(version, shape, dtype, order, bytes or list)``."""
    state = made.state
    if not isinstance(state, tuple) or len(state) != 5 or not isinstance(state[1], tuple):
        return None
    if not isinstance(made.maker, Name) or made.maker.name != "_reconstruct":
        return None
    return _array(state[1], state[2], state[4])


def array_of(value: Any) -> Array | None:
    """``value`` as an array where it is one, by any of the ways numpy pickles them."""
    if isinstance(value, Array):
        return value
    if not isinstance(value, Made) or not isinstance(value.maker, Name) or not value.maker.module.startswith("numpy"):
        return None
    arguments = value.arguments if isinstance(value.arguments, tuple) else ()
    if value.maker.name == "_frombuffer" and len(arguments) >= 3 and isinstance(arguments[2], tuple):  # protocol 5
        return _array(arguments[2], arguments[1], arguments[0])
    return pickled_array(value)


def scalar_of(value: Any) -> Any:
    """A number, string or boolean; numpy's scalars are taken out of their wrapping. ``None`` when it is something else."""
    if isinstance(value, (str, int, float)):
        return value
    if isinstance(value, Made) and isinstance(value.maker, Name) and value.maker.name == "scalar":
        arguments = value.arguments if isinstance(value.arguments, tuple) else ()
        if len(arguments) == 2 and isinstance(arguments[1], bytes) and isinstance(arguments[0], Made):
            dtype = DType.from_pickle(arguments[0])
            values = dtype.decode(arguments[1], 1) if dtype else None
            return values[0] if values else None
    return None


def _array(shape: tuple[Any, ...], kind: Any, content: Any) -> Array | None:
    if not all(isinstance(n, int) and n >= 0 for n in shape):
        return None
    dtype = DType.from_pickle(kind) if isinstance(kind, Made) else None
    if dtype is None:
        return Array(shape, "?")
    if isinstance(content, Made):  # bytearray(bytes), as protocol 5 writes it when nobody takes the buffer
        content = content.arguments[0] if isinstance(content.arguments, tuple) and content.arguments else None
    count = math.prod(shape)
    values: tuple[Any, ...] | None = None
    if isinstance(content, list) and len(content) == count:
        values = tuple(scalar_of(item) for item in content)
    elif isinstance(content, str):
        content = content.encode("latin1", "replace")  # Python 2 wrote array bytes as a string
    if isinstance(content, bytes) and count <= MANY and not dtype.holds_objects:
        values = dtype.decode(content, count)
    return Array(shape, dtype.order + dtype.code, values)
