"""The operations that work on what lies on the stack, one function each: marks, containers, the memo, names and objects.

The order is that of `pickletools.opcodes`' groups; values that a pickle writes out are in ``literals.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from scoredock.l10n import t
from scoredock.models.reading.stubs import ITEM, MAX_ITEMS, PAIR, UNKNOWN, Broken, Made
from scoredock.models.reading.table import TABLE, Operation, four, on, one, push, two

if TYPE_CHECKING:
    from scoredock.models.reading.machine import Machine


# Framing and the stack.


@on(b"\x80")
def _proto(m: Machine) -> None:
    protocol = m.stream.byte()
    if protocol > 5:
        raise Broken(t("is written in pickle protocol {0}, which no Python reads yet", protocol))
    m.protocol = max(m.protocol, protocol)


@on(b"\x95")
def _frame(m: Machine) -> None:
    m.stream.read(8)


@on(b"(")
def _mark(m: Machine) -> None:
    m.below.append(m.stack)
    m.stack = []


@on(b"0")
def _pop(m: Machine) -> None:
    if m.stack:
        m.stack.pop()
    else:
        m.mark()


@on(b"1")
def _pop_mark(m: Machine) -> None:
    m.mark()


@on(b"2")
def _dup(m: Machine) -> None:
    m.stack.append(m.stack[-1])


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
        raise Broken(t("is not a well-formed pickle"))
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


push(b"]", _list)
push(b"}", _dict)
push(b"\x8f", _list)
push(b")", lambda m: ())
push(b"l", _list_of_mark)
push(b"t", _tuple_of_mark)
push(b"\x91", _tuple_of_mark)
push(b"d", _dict_of_mark)
push(b"\x85", _tuple_of(1))
push(b"\x86", _tuple_of(2))
push(b"\x87", _tuple_of(3))


@on(b"a")
def _append(m: Machine) -> None:
    item = m.stack.pop()
    _add(m, m.stack[-1], [item])


@on(b"e")
def _appends(m: Machine) -> None:
    items = m.mark()
    _add(m, m.stack[-1], items)


TABLE[b"\x90"[0]] = _appends  # ADDITEMS: the same, to a set


@on(b"s")
def _setitem(m: Machine) -> None:
    value, key = m.stack.pop(), m.stack.pop()
    _set(m, m.stack[-1], [key, value])


@on(b"u")
def _setitems(m: Machine) -> None:
    items = m.mark()
    _set(m, m.stack[-1], items)


# The memo.


@on(b"\x94")
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
TABLE[ord("r")] = _numbered(four)
push(b"g", lambda m: m.memo.ask(int(m.written())))
push(b"h", lambda m: m.memo.ask(m.stream.byte()))
push(b"j", lambda m: m.memo.ask(four(m)))


# Names and objects.


@on(b"c")
def _global(m: Machine) -> None:
    module = m.written()
    m.stack.append(m.name(module, m.written()))


@on(b"\x93")
def _stack_global(m: Machine) -> None:
    name, module = m.stack.pop(), m.stack.pop()
    m.stack.append(m.name(module, name))


def _extension(number: Callable[[Machine], int]) -> Callable[[Machine], Any]:
    def make(m: Machine) -> Any:
        m.extensions.add(number(m))
        return UNKNOWN

    return make


push(b"\x82", _extension(one))
push(b"\x83", _extension(two))
push(b"\x84", _extension(four))


@on(b"R")
def _reduce(m: Machine) -> None:
    arguments = m.stack.pop()
    m.stack[-1] = m.make(m.stack[-1], arguments)


TABLE[b"\x81"[0]] = _reduce  # NEWOBJ: cls.__new__(cls, *arguments)


@on(b"\x92")
def _newobj_ex(m: Machine) -> None:
    keywords, arguments = m.stack.pop(), m.stack.pop()
    made = m.make(m.stack[-1], arguments)
    if isinstance(made, Made) and isinstance(keywords, dict):
        made.items.append(keywords)
    m.stack[-1] = made


@on(b"i")
def _inst(m: Machine) -> None:
    module = m.written()
    name = m.name(module, m.written())
    m.stack.append(m.make(name, tuple(m.mark()[:MAX_ITEMS])))


@on(b"o")
def _obj(m: Machine) -> None:
    items = m.mark()
    m.stack.append(m.make(items[0], tuple(items[1:MAX_ITEMS])))


@on(b"b")
def _build(m: Machine) -> None:
    m.build()


# Objects kept elsewhere, as torch does with its tensors.


@on(b"P")
def _persistent_line(m: Machine) -> None:
    m.written()
    m.stack.append(UNKNOWN)


@on(b"Q")
def _persistent(m: Machine) -> None:
    m.persistent = True
    m.stack[-1] = UNKNOWN
