"""numpy's own file format, of which only the header and short values are read (format 1.0 to 3.0 of `numpy.lib.format`)."""

from __future__ import annotations

import ast

from scoredock.l10n import t
from scoredock.models.reading.arrays import read_bytes
from scoredock.models.reading.stream import Stream
from scoredock.models.reading.stubs import Array, Broken, DType

MAGIC = b"\x93NUMPY"
MAX_HEADER = 64 * 1024


def read_npy(stream: Stream) -> Array:
    """The array at the stream; one that holds objects leaves the stream at the pickle that follows."""
    if stream.read(6) != MAGIC:
        raise Broken(t("is no numpy array"))
    major = stream.read(2)[0]
    length = int.from_bytes(stream.read(2 if major == 1 else 4), "little")
    if length > MAX_HEADER:
        raise Broken(t("has a header longer than any array needs"))
    try:
        header = ast.literal_eval(stream.read(length).decode("latin1").strip())
        descr, shape = header["descr"], tuple(header["shape"])
    except (SyntaxError, ValueError, KeyError, TypeError, MemoryError, RecursionError) as wrong:
        raise Broken(t("has a header that cannot be read")) from wrong
    if not all(isinstance(n, int) and n >= 0 for n in shape):
        raise Broken(t("has a header that cannot be read"))
    if not isinstance(descr, str) or not descr[2:].isdigit():
        return Array(shape, "|O" if "O" in str(descr) else str(descr))
    code = descr[1:]
    itemsize = int(code[1:]) * (4 if code[0] == "U" else 1)
    dtype = DType(code, itemsize, descr[0], code[0] == "O")
    return Array(shape, "|O") if dtype.holds_objects else read_bytes(stream, dtype, shape, aligned=False)
