"""The operations of a pickle, one function each, in the order of `pickletools.opcodes`' groups."""

from __future__ import annotations

import codecs
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from scoredock.models.reading.stubs import ITEM, MAX_ITEMS, PAIR, UNKNOWN, Broken, Made

if TYPE_CHECKING:
    from scoredock.models.reading.machine import Machine

MAX_DIGITS = 1024  # bytes of an integer that is kept

Operation = Callable[["Machine"], None]


def _no_operation(m: Machine) -> None:
    raise Broken("is not a well-formed pickle")


TABLE: list[Operation] = [_no_operation] * 256


def _on(code: bytes) -> Callable[[Operation], Operation]:
    def register(operation: Operation) -> Operation:
        TABLE[code[0]] = operation
        return operation

    return register


def _push(code: bytes, make: Callable[[Machine], Any]) -> None:
    def operation(m: Machine) -> None:
        value = make(m)  # first: it may put another stack in the place of m.stack
        m.stack.append(value)

    TABLE[code[0]] = operation


def _little(size: int) -> Callable[[Machine], int]:
    return lambda m: int.from_bytes(m.stream.read(size), "little")


_one, _two, _four, _eight = _little(1), _little(2), _little(4), _little(8)


# Framing and the stack.


@_on(b"\x80")
def _proto(m: Machine) -> None:
    protocol = m.stream.byte()
    if protocol > 5:
        raise Broken(f"is written in pickle protocol {protocol}, which no Python reads yet")
    m.protocol = max(m.protocol, protocol)


@_on(b"\x95")
def _frame(m: Machine) -> None:
    m.stream.read(8)


@_on(b"(")
def _mark(m: Machine) -> None:
    m.below.append(m.stack)
    m.stack = []


@_on(b"0")
def _pop(m: Machine) -> None:
    if m.stack:
        m.stack.pop()
    else:
        m.mark()


@_on(b"1")
def _pop_mark(m: Machine) -> None:
    m.mark()


@_on(b"2")
def _dup(m: Machine) -> None:
    m.stack.append(m.stack[-1])


# Constants and numbers.


def _integer_line(m: Machine) -> int | bool:
    text = m.written()
    return text == "01" if text in ("00", "01") else int(text)


def _long(m: Machine, size: int) -> Any:
    if size <= MAX_DIGITS:
        return int.from_bytes(m.stream.read(size), "little", signed=True)
    m.stream.skip(size)
    return UNKNOWN


_push(b"N", lambda m: None)
_push(b"\x88", lambda m: True)
_push(b"\x89", lambda m: False)
_push(b"K", lambda m: m.stream.byte())
_push(b"M", _two)
_push(b"J", lambda m: int.from_bytes(m.stream.read(4), "little", signed=True))
_push(b"\x8a", lambda m: _long(m, m.stream.byte()))
_push(b"\x8b", lambda m: _long(m, _four(m)))
_push(b"I", _integer_line)
_push(b"L", lambda m: int(m.written().rstrip("L")))
_push(b"F", lambda m: float(m.written()))
_push(b"G", lambda m: struct.unpack(">d", m.stream.read(8))[0])


# Strings and bytes.


def _string_line(m: Machine) -> Any:
    """STRING: Python 2's repr, which is also how protocol 0 wrote array bytes."""
    line = m.stream.line(MAX_DIGITS)
    if line is None:
        return UNKNOWN
    if len(line) < 2 or line[:1] not in b"'\"" or line[-1:] != line[:1]:
        raise Broken("is not a well-formed pickle")
    return codecs.escape_decode(line[1:-1])[0].decode("latin1")


def _unicode_line(m: Machine) -> Any:
    line = m.stream.line(MAX_DIGITS)
    return UNKNOWN if line is None else line.decode("raw-unicode-escape")


def _text_or_data(m: Machine, size: int) -> Any:
    """BINSTRING: bytes of Python 2, where names and array bytes look the same."""
    data = m.data(size)
    return data.decode("latin1") if isinstance(data, bytes) else data


_push(b"S", _string_line)
_push(b"V", _unicode_line)
_push(b"T", lambda m: _text_or_data(m, _four(m)))
_push(b"U", lambda m: _text_or_data(m, m.stream.byte()))
_push(b"X", lambda m: m.text(_four(m)))
_push(b"\x8c", lambda m: m.text(m.stream.byte()))
_push(b"\x8d", lambda m: m.text(_eight(m)))
_push(b"C", lambda m: m.data(m.stream.byte()))
_push(b"B", lambda m: m.data(_four(m)))
_push(b"\x8e", lambda m: m.data(_eight(m)))
_push(b"\x96", lambda m: m.data(_eight(m)))


@_on(b"\x97")
def _next_buffer(m: Machine) -> None:
    m.stack.append(UNKNOWN)


@_on(b"\x98")
def _readonly_buffer(m: Machine) -> None:
    m.stack[-1]


# Containers.


def _weight(items: list[Any], each: int) -> int:
    return sum(each + len(item) if type(item) is str else each for item in items)


def _add(m: Machine, target: Any, items: list[Any]) -> None:
    """Into a list or what behaves like one; only so many are kept."""
    kept = target if isinstance(target, list) else target.items if isinstance(target, Made) else None
    if kept is None or len(kept) >= MAX_ITEMS:
        return
    few = items[: MAX_ITEMS - len(kept)]
    if m.keep(_weight(few, ITEM)):
        kept.extend(few)


def _set(m: Machine, target: Any, items: list[Any]) -> None:
    if len(items) % 2:
        raise Broken("is not a well-formed pickle")
    if isinstance(target, Made):
        _add(m, target, list(zip(items[::2], items[1::2], strict=True)))
    elif isinstance(target, dict) and len(target) < MAX_ITEMS:
        few = items[: 2 * (MAX_ITEMS - len(target))]
        if not m.keep(_weight(few, PAIR // 2)):
            return
        for key, value in zip(few[::2], few[1::2], strict=True):
            if isinstance(key, (str, int, float, bytes)) or key is None:
                target[key] = value
            else:
                target[f"#{len(target)}"] = (key, value)  # a key that is itself an object: what it holds still counts


def _list(m: Machine) -> Any:
    return [] if m.keep(64) else UNKNOWN


def _dict(m: Machine) -> Any:
    return {} if m.keep(240) else UNKNOWN


def _list_of_mark(m: Machine) -> Any:
    made, items = _list(m), m.mark()
    _add(m, made, items)
    return made


def _dict_of_mark(m: Machine) -> Any:
    made, items = _dict(m), m.mark()
    _set(m, made, items)
    return made


def _tuple_of_mark(m: Machine) -> Any:
    items = m.mark()
    return tuple(items[:MAX_ITEMS]) if m.keep(ITEM * min(len(items), MAX_ITEMS)) else UNKNOWN


def _tuple_of(count: int) -> Callable[[Machine], Any]:
    def make(m: Machine) -> Any:
        items = m.stack[-count:]
        if len(items) < count:
            raise IndexError
        del m.stack[-count:]
        return tuple(items) if m.keep(ITEM * count) else UNKNOWN

    return make


_push(b"]", _list)
_push(b"}", _dict)
_push(b"\x8f", _list)
_push(b")", lambda m: ())
_push(b"l", _list_of_mark)
_push(b"t", _tuple_of_mark)
_push(b"\x91", _tuple_of_mark)
_push(b"d", _dict_of_mark)
_push(b"\x85", _tuple_of(1))
_push(b"\x86", _tuple_of(2))
_push(b"\x87", _tuple_of(3))


@_on(b"a")
def _append(m: Machine) -> None:
    item = m.stack.pop()
    _add(m, m.stack[-1], [item])


@_on(b"e")
def _appends(m: Machine) -> None:
    items = m.mark()
    _add(m, m.stack[-1], items)


TABLE[b"\x90"[0]] = _appends  # ADDITEMS: the same, to a set


@_on(b"s")
def _setitem(m: Machine) -> None:
    value, key = m.stack.pop(), m.stack.pop()
    _set(m, m.stack[-1], [key, value])


@_on(b"u")
def _setitems(m: Machine) -> None:
    items = m.mark()
    _set(m, m.stack[-1], items)


# The memo.


@_on(b"\x94")
def _memoize(m: Machine) -> None:
    m.memo.put(m.memo.count, m.stack[-1])
    m.numbering |= 1


def _numbered(number: Callable[[Machine], int]) -> Operation:
    def operation(m: Machine) -> None:
        m.memo.put(number(m), m.stack[-1])
        m.numbering |= 2

    return operation


TABLE[ord("p")] = _numbered(lambda m: int(m.written()))
TABLE[ord("q")] = _numbered(lambda m: m.stream.byte())
TABLE[ord("r")] = _numbered(_four)
_push(b"g", lambda m: m.memo.ask(int(m.written())))
_push(b"h", lambda m: m.memo.ask(m.stream.byte()))
_push(b"j", lambda m: m.memo.ask(_four(m)))


# Names and objects.


@_on(b"c")
def _global(m: Machine) -> None:
    module = m.written()
    m.stack.append(m.name(module, m.written()))


@_on(b"\x93")
def _stack_global(m: Machine) -> None:
    name, module = m.stack.pop(), m.stack.pop()
    m.stack.append(m.name(module, name))


def _extension(number: Callable[[Machine], int]) -> Callable[[Machine], Any]:
    def make(m: Machine) -> Any:
        m.extensions.add(number(m))
        return UNKNOWN

    return make


_push(b"\x82", _extension(_one))
_push(b"\x83", _extension(_two))
_push(b"\x84", _extension(_four))


@_on(b"R")
def _reduce(m: Machine) -> None:
    arguments = m.stack.pop()
    m.stack[-1] = m.make(m.stack[-1], arguments)


TABLE[b"\x81"[0]] = _reduce  # NEWOBJ: cls.__new__(cls, *arguments)


@_on(b"\x92")
def _newobj_ex(m: Machine) -> None:
    keywords, arguments = m.stack.pop(), m.stack.pop()
    made = m.make(m.stack[-1], arguments)
    if isinstance(made, Made) and isinstance(keywords, dict):
        made.items.append(keywords)
    m.stack[-1] = made


@_on(b"i")
def _inst(m: Machine) -> None:
    module = m.written()
    name = m.name(module, m.written())
    m.stack.append(m.make(name, tuple(m.mark()[:MAX_ITEMS])))


@_on(b"o")
def _obj(m: Machine) -> None:
    items = m.mark()
    m.stack.append(m.make(items[0], tuple(items[1:MAX_ITEMS])))


@_on(b"b")
def _build(m: Machine) -> None:
    m.build()


# Objects kept elsewhere, as torch does with its tensors.


@_on(b"P")
def _persistent_line(m: Machine) -> None:
    m.written()
    m.stack.append(UNKNOWN)


@_on(b"Q")
def _persistent(m: Machine) -> None:
    m.persistent = True
    m.stack[-1] = UNKNOWN
