"""Edits that several rules offer."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from scoredock.finding import Edit, Fix, Place
from scoredock.l10n import t

if TYPE_CHECKING:
    from scoredock.contract.script import Script


def without_async(script: Script, node: ast.AsyncFunctionDef) -> Fix | None:
    """Make an `async def` a `def`; only when nothing in it is awaited."""
    stack: list[ast.AST] = list(node.body)
    while stack:
        part = stack.pop()
        if isinstance(part, (ast.Await, ast.AsyncFor, ast.AsyncWith)):
            return None
        if isinstance(part, ast.comprehension) and part.is_async:
            return None
        if not isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            stack.extend(ast.iter_child_nodes(part))
    start = script.text.place(node)
    line = script.text.lines[start.line - 1]
    at = line.find("def", start.column - 1)
    if not line.startswith("async", start.column - 1) or at < 0:
        return None
    place = Place(script.path, start.line, start.column, start.line, at + 1)
    return Fix(t("Remove `async`"), (Edit(place, ""),))


def replaced_by_argument(script: Script, call: ast.Call, title: str) -> Fix:
    """`f(x)` -> `x`, keeping the author's text of ``x``."""
    whole, argument = script.text.place(call), script.text.place(call.args[0])
    before = Place(script.path, whole.line, whole.column, argument.line, argument.column)
    after = Place(script.path, argument.end_line, argument.end_column, whole.end_line, whole.end_column)
    if isinstance(call.args[0], (ast.GeneratorExp, ast.Starred, ast.NamedExpr)):
        return Fix(title, ())
    # Lines of the argument may hang on the brackets of the call.
    brackets = ("(", ")") if argument.line != argument.end_line and not _closed(call.args[0]) else ("", "")
    return Fix(title, (Edit(before, brackets[0]), Edit(after, brackets[1])))


def _closed(node: ast.expr) -> bool:
    """Whether an expression brings its own brackets."""
    return isinstance(node, (ast.Dict, ast.List, ast.Set, ast.DictComp, ast.ListComp, ast.SetComp, ast.Call, ast.Subscript))


def after(script: Script, node: ast.AST, text: str, title: str) -> Fix:
    """Insert text at the end of a node."""
    place = script.text.place(node)
    end = Place(script.path, place.end_line, place.end_column, place.end_line, place.end_column)
    return Fix(title, (Edit(end, text),))


def import_line(script: Script, statement: str) -> Edit:
    """Insert an import below the script's other imports (or its docstring)."""
    line = 1
    for node in script.tree.body:
        is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        if isinstance(node, (ast.Import, ast.ImportFrom)) or (is_docstring and node is script.tree.body[0]):
            line = (node.end_lineno or node.lineno) + 1
        else:
            break
    end = script.text.newline
    if line > len(script.text.lines):
        last = script.text.lines[-1]
        place = Place(script.path, len(script.text.lines), len(last) + 1, len(script.text.lines), len(last) + 1)
        return Edit(place, f"{end}{statement}")
    return Edit(Place(script.path, line, 1, line, 1), f"{statement}{end}")


def add_keyword(script: Script, call: ast.Call, keyword: str, title: str) -> Fix:
    """Add a keyword argument at the end of a call."""
    parts: list[ast.expr] = [*call.args, *(one.value for one in call.keywords)]
    if not parts:
        place = script.text.place(call)
        inside = Place(script.path, place.end_line, place.end_column - 1, place.end_line, place.end_column - 1)
        return Fix(title, (Edit(inside, keyword),))
    last = max(parts, key=lambda part: (part.end_lineno or 0, part.end_col_offset or 0))
    return after(script, last, f", {keyword}", title)
