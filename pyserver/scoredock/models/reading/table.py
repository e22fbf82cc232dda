"""The table of a pickle's operations, and how an operation gets into it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from scoredock.l10n import t
from scoredock.models.reading.stubs import Broken

if TYPE_CHECKING:
    from scoredock.models.reading.machine import Machine

Operation = Callable[["Machine"], None]


def _no_operation(m: Machine) -> None:
    raise Broken(t("is not a well-formed pickle"))


TABLE: list[Operation] = [_no_operation] * 256


def on(code: bytes) -> Callable[[Operation], Operation]:
    def register(operation: Operation) -> Operation:
        TABLE[code[0]] = operation
        return operation

    return register


def push(code: bytes, make: Callable[[Machine], Any]) -> None:
    def operation(m: Machine) -> None:
        value = make(m)  # first: it may put another stack in the place of m.stack
        m.stack.append(value)

    TABLE[code[0]] = operation


def little(size: int) -> Callable[[Machine], int]:
    return lambda m: int.from_bytes(m.stream.read(size), "little")


one, two, four, eight = little(1), little(2), little(4), little(8)
