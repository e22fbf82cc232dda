"""What a test says of the names in it: `isinstance(x, str)`, `hasattr(x, "tolist")`, `x is None`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from scoredock.contract import entry
from scoredock.contract.evaluation import expressions
from scoredock.contract.evaluation.values import (
    ANY,
    NONE,
    Anything,
    Constant,
    Mapping,
    Object,
    OneOf,
    Reference,
    Sequence,
    Value,
    options,
    type_of,
)

if TYPE_CHECKING:
    from scoredock.contract.evaluation.frame import Frame
    from scoredock.contract.evaluation.machine import Machine

Names = dict[str, Value]

# Classes as `isinstance` names them -> the types of our values that are instances; all others are not.
CLASSES: dict[str, frozenset[str]] = {
    "builtins.str": frozenset({"str"}),
    "builtins.bytes": frozenset({"bytes"}),
    "builtins.bytearray": frozenset({"bytearray"}),
    "builtins.dict": frozenset({"dict"}),
    "builtins.list": frozenset({"list"}),
    "builtins.tuple": frozenset({"tuple"}),
    "builtins.set": frozenset({"set"}),
    "builtins.int": frozenset({"int", "bool"}),
    "builtins.float": frozenset({"float"}),
    "builtins.bool": frozenset({"bool"}),
    "numpy.ndarray": frozenset({"numpy.ndarray"}),
    "pandas.DataFrame": frozenset({"pandas.DataFrame"}),
    "pandas.Series": frozenset({"pandas.Series"}),
}
WITH_TOLIST = frozenset(
    {"numpy.ndarray", "pandas.Series", "pandas.Index", "torch.Tensor", "numpy.int64", "numpy.float32", "numpy.int32"}
)


def narrow(machine: Machine, test: ast.expr, frame: Frame) -> tuple[Names | None, Names | None]:
    """The names where the test holds and where it does not; ``None`` where it cannot come out so."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        true, false = narrow(machine, test.operand, frame)
        return false, true
    if isinstance(test, ast.BoolOp):
        return _of_several(machine, test, frame)
    if _is_main_test(test):
        return None, dict(frame.names)
    if isinstance(test, ast.Constant):
        return (dict(frame.names), None) if test.value else (None, dict(frame.names))
    if isinstance(test, ast.Name) and test.id == "TYPE_CHECKING":
        return None, dict(frame.names)
    found = _question(machine, test, frame)
    if found is None:
        return dict(frame.names), _unsure(machine, test, frame)
    name, verdict, guess = found
    return _keep(frame, name, verdict, True, guess), _keep(frame, name, verdict, False, None)


def _of_several(machine: Machine, test: ast.BoolOp, frame: Frame) -> tuple[Names | None, Names | None]:
    before = frame.names
    names: Names | None = dict(before)
    wanted = isinstance(test.op, ast.And)
    for part in test.values:
        if names is None:
            break
        frame.names = names
        true, false = narrow(machine, part, frame)
        names = true if wanted else false
    frame.names = before
    other: Names = dict(before)
    for part in test.values:
        for mentioned in _mentioned(machine, part):
            if mentioned in other:
                other[mentioned] = ANY
    return (names, other) if wanted else (other, names)


def _mentioned(machine: Machine, test: ast.expr) -> frozenset[str]:
    """Names whose type the test asks for; kept, since loops and callers come by again."""
    known = machine.mentioned.get(test)
    if known is None:
        known = machine.mentioned[test] = frozenset(_asked(test))
    return known


def _asked(test: ast.expr) -> Iterator[str]:
    for part in ast.walk(test):
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id in _QUESTIONS:
            yield from (argument.id for argument in part.args if isinstance(argument, ast.Name))
        elif isinstance(part, ast.Compare) and isinstance(part.left, ast.Name) and isinstance(part.ops[0], (ast.Is, ast.IsNot)):
            yield part.left.id


_QUESTIONS = frozenset(("isinstance", "hasattr", "type", "callable"))


def _unsure(machine: Machine, test: ast.expr, frame: Frame) -> Names:
    names = dict(frame.names)
    for name in _mentioned(machine, test):
        if name in names and names[name] != NONE:
            names[name] = ANY
    return names


def _is_main_test(test: ast.expr) -> bool:
    """`__name__ == "__main__"`: never so under the server."""
    return entry.is_main_test(test)


Verdict = Callable[[Value], "bool | None"]


def _question(machine: Machine, test: ast.expr, frame: Frame) -> tuple[str, Verdict, Value | None] | None:
    """Which name is asked about, what the answer is for a value, and what the value is when nothing was known."""
    if (
        isinstance(test, ast.Call)
        and isinstance(test.func, ast.Name)
        and len(test.args) == 2
        and isinstance(test.args[0], ast.Name)
    ):
        name = test.args[0].id
        if test.func.id == "isinstance":
            return _isinstance(machine, name, test.args[1], frame)
        if test.func.id == "hasattr" and isinstance(test.args[1], ast.Constant) and test.args[1].value == "tolist":
            return name, lambda value: None if (kind := type_of(value)) is None or kind == "loaded" else kind in WITH_TOLIST, None
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.left, ast.Name):
        right = test.comparators[0]
        if isinstance(right, ast.Constant) and right.value is None:
            if isinstance(test.ops[0], (ast.Is, ast.Eq)):
                return test.left.id, _is_none, None
            if isinstance(test.ops[0], (ast.IsNot, ast.NotEq)):
                return test.left.id, lambda value: None if (answer := _is_none(value)) is None else not answer, None
    if isinstance(test, ast.Name):
        return test.id, lambda value: False if value == NONE else None, None
    return None


def _is_none(value: Value) -> bool | None:
    if isinstance(value, Anything):
        return None
    return value == NONE


def _isinstance(machine: Machine, name: str, classes: ast.expr, frame: Frame) -> tuple[str, Verdict, Value | None] | None:
    value = expressions.evaluate(machine, classes, frame)
    listed = value.items if isinstance(value, Sequence) and value.items is not None else (value,)
    kinds: set[str] = set()
    for one in listed:
        if not isinstance(one, Reference) or one.name not in CLASSES:
            return None
        kinds |= CLASSES[one.name]
    single = listed[0].name.removeprefix("builtins.") if len(listed) == 1 and isinstance(listed[0], Reference) else None
    guess = _plain(single) if single else None

    def answer(value: Value) -> bool | None:
        kind = type_of(value)
        if kind is None or kind in ("loaded", "estimator", "exception"):
            return None
        if isinstance(value, Object) and not value.sure:
            return True if kind in kinds else None
        return kind in kinds

    return name, answer, guess


def _plain(kind: str) -> Value:
    if kind == "dict":
        return Mapping((), ANY)
    if kind in ("list", "tuple", "set"):
        return Sequence(kind, None)
    return Object(kind)


def _keep(frame: Frame, name: str, verdict: Verdict, wanted: bool, guess: Value | None) -> Names | None:
    value = frame.read(name)
    names = dict(frame.names)
    if value is None or (isinstance(value, Constant) and value != NONE):
        return names
    kept: list[Value] = []
    for option in options(value):
        answer = verdict(option)
        if answer is None:
            kept.append(guess if guess is not None and wanted else option)
        elif answer is wanted:
            kept.append(option)
    if not kept:
        return None
    if name in names:
        names[name] = kept[0] if len(kept) == 1 else OneOf(tuple(dict.fromkeys(kept)))
    return names
