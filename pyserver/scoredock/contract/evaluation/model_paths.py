"""Paths below AZUREML_MODEL_DIR that the text spells out."""

from __future__ import annotations

import ast
import re

from scoredock.contract.evaluation.values import Constant, ModelPath, Value

VARIABLE = "AZUREML_MODEL_DIR"
_SAME = frozenset(("os.path.abspath", "os.path.normpath", "os.path.realpath", "os.path.expanduser", "os.fspath", "builtins.str"))
_PATHS = frozenset(("pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath"))


def of_call(name: str, arguments: list[Value], node: ast.AST | None) -> ModelPath | None:
    """What a call of a library function gives when it is such a path."""
    if not arguments:
        return None
    first = arguments[0]
    if name in ("os.getenv", "os.environ.get"):
        return ModelPath((), node=node) if isinstance(first, Constant) and first.value == VARIABLE else None
    if not isinstance(first, ModelPath):
        return None
    if name in _SAME:
        return first
    if name == "os.path.join" or name in _PATHS:
        return joined(first, arguments[1:], node, pure=name in _PATHS)
    return None


def joined(base: ModelPath, parts: list[Value], node: ast.AST | None, *, pure: bool | None = None) -> ModelPath | None:
    """The path with more parts; ``None`` when one of them is not known or leads elsewhere."""
    found = list(base.parts)
    for part in parts:
        if not isinstance(part, Constant) or not isinstance(part.value, str) or part.value.startswith(("/", "\\")):
            return None
        for piece in re.split(r"[/\\]", part.value):
            if piece == "..":
                if not found:
                    return None
                found.pop()
            elif piece not in ("", "."):
                found.append(piece)
    return ModelPath(tuple(found), base.pure if pure is None else pure, node)


def added(left: Value, right: Value, node: ast.AST) -> ModelPath | None:
    """`path + "/model.pkl"` and `path / "model.pkl"`."""
    if not isinstance(left, ModelPath) or not isinstance(right, Constant) or not isinstance(right.value, str):
        return None
    if left.pure:
        return joined(left, [right], node)
    # Text is glued on: only a separator begins a new part.
    if not right.value.startswith(("/", "\\")):
        return None
    return joined(left, [Constant(right.value.lstrip("/\\"), "str")], node)
