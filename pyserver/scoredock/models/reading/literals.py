"""The operations that put a value of their own on the stack: constants, numbers, strings, bytes."""

from __future__ import annotations

import codecs
import struct
from typing import TYPE_CHECKING, Any

from scoredock.l10n import t
from scoredock.models.reading.stubs import UNKNOWN, Broken
from scoredock.models.reading.table import eight, four, on, push, two

if TYPE_CHECKING:
    from scoredock.models.reading.machine import Machine

MAX_DIGITS = 1024  # bytes of an integer that is kept


# Constants and numbers.


def _integer_line(m: Machine) -> int | bool:
    text = m.written()
    return text == "01" if text in ("00", "01") else int(text)


def _long(m: Machine, size: int) -> Any:
    if size <= MAX_DIGITS:
        return int.from_bytes(m.stream.read(size), "little", signed=True)
    m.stream.skip(size)
    return UNKNOWN


push(b"N", lambda m: None)
push(b"\x88", lambda m: True)
push(b"\x89", lambda m: False)
push(b"K", lambda m: m.stream.byte())
push(b"M", two)
push(b"J", lambda m: int.from_bytes(m.stream.read(4), "little", signed=True))
push(b"\x8a", lambda m: _long(m, m.stream.byte()))
push(b"\x8b", lambda m: _long(m, four(m)))
push(b"I", _integer_line)
push(b"L", lambda m: int(m.written().rstrip("L")))
push(b"F", lambda m: float(m.written()))
push(b"G", lambda m: struct.unpack(">d", m.stream.read(8))[0])


# Strings and bytes.


def _string_line(m: Machine) -> Any:
    """STRING: Python 2's repr, which is also how protocol 0 wrote array bytes."""
    line = m.stream.line(MAX_DIGITS)
    if line is None:
        return UNKNOWN
    if len(line) < 2 or line[:1] not in b"'\"" or line[-1:] != line[:1]:
        raise Broken(t("is not a well-formed pickle"))
    return codecs.escape_decode(line[1:-1])[0].decode("latin1")


def _unicode_line(m: Machine) -> Any:
    line = m.stream.line(MAX_DIGITS)
    return UNKNOWN if line is None else line.decode("raw-unicode-escape")


def _text_or_data(m: Machine, size: int) -> Any:
    """BINSTRING: bytes of Python 2, where names and array bytes look the same."""
    data = m.data(size)
    return data.decode("latin1") if isinstance(data, bytes) else data


push(b"S", _string_line)
push(b"V", _unicode_line)
push(b"T", lambda m: _text_or_data(m, four(m)))
push(b"U", lambda m: _text_or_data(m, m.stream.byte()))
push(b"X", lambda m: m.text(four(m)))
push(b"\x8c", lambda m: m.text(m.stream.byte()))
push(b"\x8d", lambda m: m.text(eight(m)))
push(b"C", lambda m: m.data(m.stream.byte()))
push(b"B", lambda m: m.data(four(m)))
push(b"\x8e", lambda m: m.data(eight(m)))
push(b"\x96", lambda m: m.data(eight(m)))


@on(b"\x97")
def _next_buffer(m: Machine) -> None:
    m.stack.append(UNKNOWN)


@on(b"\x98")
def _readonly_buffer(m: Machine) -> None:
    m.stack[-1]
