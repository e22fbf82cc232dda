"""What `+`, `%` and their like give."""

from __future__ import annotations

import ast

from scoredock.contract.evaluation.values import ANY, STR, Object, Sequence, Value, tagged, type_of

_ARRAYS = ("pandas.DataFrame", "pandas.Series", "numpy.ndarray", "torch.Tensor")
_NUMBERS = ("bool", "int", "float")


def binary(operator: ast.operator, left: Value, right: Value) -> Value:
    kinds = (type_of(left), type_of(right))
    if kinds == (None, None) or isinstance(operator, ast.MatMult):
        return ANY  # two vectors give a number
    # An array swallows whatever it is combined with.
    if kinds[0] in _ARRAYS or kinds[1] in _ARRAYS:
        for kind in _ARRAYS:
            for value in (left, right):
                if isinstance(value, Object) and value.type == kind:
                    return Object(kind, value.sure)
    if isinstance(operator, ast.Add) and kinds == ("str", "str"):
        return Object("str", tags=frozenset({"error"})) if tagged(left, "error") or tagged(right, "error") else STR
    if isinstance(operator, ast.Mod) and kinds[0] == "str":
        return Object("str", tags=frozenset({"error"})) if tagged(right, "error") else STR
    if isinstance(operator, ast.Add) and isinstance(left, Sequence) and isinstance(right, Sequence) and left.type == right.type:
        if left.items is not None and right.items is not None:
            return Sequence(left.type, left.items + right.items)
        return Sequence(left.type, None)
    if isinstance(operator, ast.Sub) and kinds == ("datetime.datetime", "datetime.datetime"):
        return Object("datetime.timedelta")
    if kinds[0] in _NUMBERS and kinds[1] in _NUMBERS:
        if isinstance(operator, ast.Div) or "float" in kinds:
            return Object("float")
        return Object("int") if not isinstance(operator, ast.Pow) else ANY
    return ANY
