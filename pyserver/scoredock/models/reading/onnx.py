"""ONNX: a protocol buffer without magic bytes, read field by field (onnx.proto, ModelProto)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from scoredock.l10n import t
from scoredock.models.reading.stream import Ended, FileStream, OutOfTime, Stream, TooMuch
from scoredock.models.reading.stubs import Broken
from scoredock.models.values import Format, Limits, MadeWith, ModelFile

SMALL = 64 * 1024
# Fields of ModelProto and their wire types: 0 a number, 2 bytes of a given length.
MODEL = {1: 0, 2: 2, 3: 2, 4: 2, 5: 0, 6: 2, 7: 2, 8: 2, 14: 2, 20: 2, 25: 2, 26: 2}
GRAPH = 7


def looks_like_onnx(head: bytes, size: int) -> bool:
    """``ir_version`` comes first in every file that the libraries write, and is a small number; then a field of the model."""
    return len(head) > 4 and head[0] == 0x08 and 0 < head[1] < 64 and head[2] >> 3 in MODEL and head[2] & 7 == MODEL[head[2] >> 3]


def read_onnx(path: Path, file: BinaryIO, size: int, limits: Limits) -> ModelFile:
    stream = FileStream(file, size, time.monotonic() + limits.seconds)
    reading = _Reading(ModelFile(path, Format.ONNX, size, modules=("onnxruntime",)))
    stopped: Exception | None = None
    problem = ""
    try:
        reading.read(stream, size)
    except Ended as ended:
        stopped, problem = ended, t("is cut off: it ends before the model does")
    except (Broken, TooMuch) as wrong:
        stopped, problem = wrong, str(wrong)
    if not reading.graph and not isinstance(stopped, Ended):
        sentence = t("{0} is no model in a format that Scoredock knows.", path.name)
        return ModelFile(path, Format.UNKNOWN, size, complete=False, problem=sentence)
    name, version = reading.producer.get(2), reading.producer.get(3)
    return replace(
        reading.found,
        made_with=(MadeWith(name, version, "producer"),) if name and version else (),
        notes=(t("It needs the operators {0}.", ", ".join(reading.opsets)),) if reading.opsets else (),
        complete=stopped is None,
        problem=t("The model {0} {1}.", path.name, problem) if problem else "",
        out_of_time=isinstance(stopped, OutOfTime),
    )


class _Reading:
    """The fields of a ModelProto, as far as they were read."""

    def __init__(self, blank: ModelFile) -> None:
        self.found = blank
        self.producer: dict[int, str] = {}
        self.opsets: list[str] = []
        self.graph = False

    def read(self, stream: Stream, size: int) -> None:
        for number, kind, length in _fields(stream, size):
            if MODEL.get(number) != kind:
                raise Broken(t("has parts that no ONNX model has"))
            if number == GRAPH:
                self.graph = True
                self.found = _read_graph(self.found, stream, stream.position + length)
            elif number in (2, 3) and length < SMALL:
                self.producer[number] = _text(stream, length)
            elif number == 8 and length < SMALL:
                self.opsets.append(_opset(stream.read(length)))
            elif kind == 2:
                stream.skip(length)


def _number(stream: Stream) -> int:
    value = shift = 0
    while True:
        byte = stream.byte()
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value
        shift += 7
        if shift > 63:
            raise Broken(t("is not well-formed"))


def _fields(stream: Stream, end: int) -> Iterator[tuple[int, int, int]]:
    """Number, wire type and length of each field up to ``end``. The caller reads or skips what has a length; numbers are
    passed over here and come as their length's place."""
    while stream.position < end:
        tag = _number(stream)
        number, kind = tag >> 3, tag & 7
        if number == 0:
            raise Broken(t("is not well-formed"))
        if kind == 0:
            yield number, kind, _number(stream)
        elif kind == 2:
            length = _number(stream)
            if stream.position + length > end:
                raise Ended
            yield number, kind, length
        elif kind in (1, 5):
            stream.skip(8 if kind == 1 else 4)
            yield number, kind, 0
        else:
            raise Broken(t("is not well-formed"))


def _read_graph(found: ModelFile, stream: Stream, end: int) -> ModelFile:
    inputs: list[tuple[str, tuple[int, ...]]] = []
    initializers: set[str] = set()
    companions: set[str] = set()
    for number, kind, length in _fields(stream, end):
        if kind != 2:
            continue
        if number == 11 and length < SMALL:  # input
            inputs.append(_value(stream, stream.position + length))
        elif number == 5 and length < SMALL:  # initializer: small, or kept in a file beside this one
            name, beside = _tensor(stream, stream.position + length)
            initializers.add(name)
            companions |= beside
        else:
            stream.skip(length)
    real = [(name, shape) for name, shape in inputs if name not in initializers]
    width = real[0][1][-1] if len(real) == 1 and len(real[0][1]) == 2 and real[0][1][-1] > 0 else None
    names = tuple(name for name, _ in real) if len(real) > 1 else ()
    return replace(found, n_features=width, feature_names=names, companions=tuple(sorted(companions)))


def _text(stream: Stream, length: int) -> str:
    return stream.read(length).decode("utf-8", "replace")


def _value(stream: Stream, end: int) -> tuple[str, tuple[int, ...]]:
    """ValueInfoProto: its name, and the shape of its tensor with 0 for a dimension that is free."""
    name = ""
    shape: tuple[int, ...] = ()
    for number, kind, length in _fields(stream, end):
        if number == 1 and kind == 2:
            name = _text(stream, length)
        elif number == 2 and kind == 2:
            shape = _shape(stream, stream.position + length, (1, 2))
        elif kind == 2:
            stream.skip(length)
    return name, shape


def _shape(stream: Stream, end: int, into: tuple[int, ...]) -> tuple[int, ...]:
    """TypeProto.tensor_type (1) . shape (2) . dim (1): a value (1) or a name."""
    shape: list[int] = []
    for number, kind, length in _fields(stream, end):
        if kind != 2:
            continue
        if into and number == into[0]:
            return _shape_rest(stream, stream.position + length, into[1:], end)
        if not into and number == 1:
            shape.append(_dimension(stream, stream.position + length))
        else:
            stream.skip(length)
    return tuple(shape)


def _shape_rest(stream: Stream, end: int, into: tuple[int, ...], outer: int) -> tuple[int, ...]:
    shape = _shape(stream, end, into)
    stream.skip(outer - stream.position)
    return shape


def _dimension(stream: Stream, end: int) -> int:
    value = 0
    for number, kind, length in _fields(stream, end):
        if number == 1 and kind == 0:
            value = length
        elif kind == 2:
            stream.skip(length)
    return value


def _tensor(stream: Stream, end: int) -> tuple[str, set[str]]:
    """TensorProto: its name (8), and the file (13: key "location") that keeps its numbers."""
    name, beside = "", set[str]()
    for number, kind, length in _fields(stream, end):
        if number == 8 and kind == 2:
            name = _text(stream, length)
        elif number == 13 and kind == 2:
            pair = {1: "", 2: ""}
            for part, sort, size in _fields(stream, stream.position + length):
                if sort == 2:
                    pair[part] = _text(stream, size)
            if pair[1] == "location":
                beside.add(pair[2])
        elif kind == 2:
            stream.skip(length)
    return name, beside


def _opset(data: bytes) -> str:
    """OperatorSetIdProto: a domain (1) and a version (2)."""
    domain, version = "ai.onnx", 0
    at = 0
    while at < len(data):
        tag = data[at]
        if tag == 0x0A and at + 1 < len(data):
            size = data[at + 1]
            domain = data[at + 2 : at + 2 + size].decode("utf-8", "replace") or domain
            at += 2 + size
        elif tag == 0x10:
            version, at = data[at + 1] if at + 1 < len(data) else 0, at + 2
        else:
            break
    return f"{domain} {version}"
