"""What stands for the objects of a pickle while it is read: names and state, nothing that could act."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class Name:
    """A class or function the pickle names. It is never looked up."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


class Broken(Exception):
    """The bytes are no pickle, or stop being one; the text is the end of a sentence."""


class Unknown:
    """Stands for anything too large, too many or too strange to keep."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()
MAX_ITEMS = 1000  # of one container; pickles write lists in runs of 1,000
ITEM = 72  # bytes that one more item of a container may take, a short string included
PAIR = 150  # the same for a key with its value


class Made:
    """An object the pickle would make by calling ``maker``; ``state`` is what it would be given, ``items`` what put into it."""

    __slots__ = ("arguments", "items", "maker", "state")

    def __init__(self, maker: Any, arguments: Any) -> None:
        self.maker = maker
        self.arguments = arguments
        self.state: Any = None
        self.items: list[Any] = []

    def attribute(self, name: str) -> Any:
        """An attribute of the state; ``UNKNOWN`` when the state does not show it."""
        state = self.state
        if isinstance(state, tuple) and len(state) == 2 and isinstance(state[1], dict):
            state = {**(state[0] if isinstance(state[0], dict) else {}), **state[1]}
        return state.get(name, UNKNOWN) if isinstance(state, dict) else UNKNOWN

    @property
    def class_name(self) -> str | None:
        """Module and name of its class, as far as the pickle tells."""
        maker = self.maker
        arguments = self.arguments if isinstance(self.arguments, tuple) else ()
        constructor = isinstance(maker, Name) and (
            (maker.module in {"copyreg", "copy_reg"} and maker.name in {"_reconstructor", "__newobj__", "__newobj_ex__"})
            or maker.name == "_reconstruct"  # numpy's, of arrays
        )
        if constructor and arguments and isinstance(arguments[0], Name):
            maker = arguments[0]
        return str(maker) if isinstance(maker, Name) else None


@dataclass(frozen=True, slots=True, eq=False)
class Array:
    """A numpy array; ``values`` only where it is short."""

    shape: tuple[int, ...]
    dtype: str  # "<f8", "|O", "V64"
    values: tuple[Any, ...] | None = None


_PLAIN = {
    "f8": "d", "f4": "f", "f2": "e", "i8": "q", "i4": "i", "i2": "h", "i1": "b",
    "u8": "Q", "u4": "I", "u2": "H", "u1": "B", "b1": "?",
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class DType:
    """Enough of a numpy dtype to know how many bytes an element takes, and whether it holds objects."""

    code: str  # "f8", "U5", "O8", "V64"
    itemsize: int
    order: str  # "<", ">", "|"
    holds_objects: bool

    @classmethod
    def from_pickle(cls, made: Made) -> DType | None:
        """From ``numpy.dtype(code, align, copy)`` with the state ``(version, order, subdtype, names, fields, itemsize, …)``."""
        arguments = made.arguments if isinstance(made.arguments, tuple) else ()
        if not arguments or not isinstance(arguments[0], str):
            return None
        code = arguments[0].lstrip("<>|=")
        state = made.state if isinstance(made.state, tuple) else ()
        order = state[1] if len(state) > 1 and isinstance(state[1], str) else "|"
        kind, digits = code[:1], code[1:]
        if not digits.isdigit():
            return None
        itemsize = int(digits) * (4 if kind == "U" else 1)
        if kind == "V" and len(state) > 5 and isinstance(state[5], int) and state[5] >= 0:
            itemsize = state[5]
        flags = state[7] if len(state) > 7 and isinstance(state[7], int) else 0
        return cls(code, itemsize, order, kind == "O" or bool(flags & 1))

    def decode(self, data: bytes, count: int) -> tuple[Any, ...] | None:
        """``count`` values out of ``data``; ``None`` for kinds nobody here asks for."""
        if len(data) < count * self.itemsize:
            return None
        big = ">" if self.order == ">" else "<"
        kind = self.code[:1]
        if self.code in _PLAIN:
            return struct.unpack(f"{big}{count}{_PLAIN[self.code]}", data[: count * self.itemsize])
        cells = [data[i * self.itemsize : (i + 1) * self.itemsize] for i in range(count)] if self.itemsize else [b""] * count
        if kind == "U":
            encoding = "utf-32-be" if big == ">" else "utf-32-le"
            return tuple(cell.decode(encoding, "replace").rstrip("\0") for cell in cells)
        if kind == "S":
            return tuple(cell.rstrip(b"\0").decode("latin1") for cell in cells)
        return None
