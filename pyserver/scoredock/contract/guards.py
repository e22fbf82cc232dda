"""Whether an error in a `try` body is survived by what the author wrote."""

from __future__ import annotations

import ast
from typing import Any

BROAD = frozenset(
    {"Exception", "BaseException", "TypeError", "ValueError", "AttributeError", "NameError", "KeyError", "RuntimeError"}
)


def carries_on(node: Any) -> bool:
    """True when a handler of a common error neither raises nor merely reports it: what fails in the body is then meant to
    be tried. A handler that returns the error's text answers, but not the question that was asked."""
    return any(_catches(handler) and not _gives_up(handler) for handler in node.handlers)


def _catches(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or not BROAD.isdisjoint(caught_names(handler))


def caught_names(handler: ast.ExceptHandler) -> set[str]:
    """The last parts of the names that a handler lists."""
    listed = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type] if handler.type else []
    names: set[str] = set()
    for part in listed:
        if isinstance(part, ast.Name):
            names.add(part.id)
        elif isinstance(part, ast.Attribute):
            names.add(part.attr)
    return names


def _gives_up(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    if isinstance(last, ast.Raise):
        return True
    if isinstance(last, ast.Return):
        return last.value is None or _speaks_of_the_error(handler, last.value)
    # `result = str(e)` and the function's own return below.
    return any(isinstance(part, ast.Assign) and _uses(part.value, handler.name) for part in handler.body)


def _speaks_of_the_error(handler: ast.ExceptHandler, value: ast.expr) -> bool:
    if _uses(value, handler.name):
        return True
    for part in ast.walk(value):
        if isinstance(part, ast.Constant) and (
            part.value is None or (isinstance(part.value, str) and _is_error_word(part.value))
        ):
            return True
        if isinstance(part, ast.Name) and _is_error_word(part.id):
            return True
    return False


def _is_error_word(text: str) -> bool:
    lowered = text.lower()
    return any(word in lowered for word in ("err", "fail", "exception", "invalid", "bad", "traceback"))


def _uses(value: ast.expr, name: str | None) -> bool:
    return name is not None and any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(value))
