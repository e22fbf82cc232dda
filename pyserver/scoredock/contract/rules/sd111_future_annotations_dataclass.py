"""A dataclass under `from __future__ import annotations`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from scoredock.contract.rule import Rule
from scoredock.contract.scopes import Scope
from scoredock.contract.script import Script
from scoredock.finding import Edit, Finding, Fix, Place
from scoredock.l10n import t

RULE = Rule("SD111", "future-annotations-dataclass")

# What `dataclasses` asks of an annotation that is text: with a dot after the first word it never looks for the module.
PLAIN = re.compile(r"^(?:\s*(\w+)\s*\.)?\s*(\w+)")


def check(script: Script) -> Iterator[Finding]:
    if not script.entry.online:
        return
    future = _future_annotations(script)
    for node, scope in script.names.classes:
        if not _made_at_import(scope) or not _is_dataclass(script, node):
            continue
        for field in node.body:
            if not isinstance(field, ast.AnnAssign):
                continue
            text = _annotation_text(field.annotation, future is not None)
            match = PLAIN.match(text) if text is not None else None
            if match is None or match.group(1):
                continue
            fix = None
            if future is not None and len(future.names) == 1 and not _needs_future(script):
                place = Place(script.path, future.lineno, 1, (future.end_lineno or future.lineno) + 1, 1)
                if place.end_line <= len(script.text.lines):
                    fix = Fix(t("Remove the future import"), (Edit(place, ""),))
            why = t("under `from __future__ import annotations`") if future is not None else t("with annotations in quotes")
            yield RULE.finding(
                script,
                node,
                t(
                    "The server does not register the script in `sys.modules`, where a dataclass {0} looks for it: the "
                    "import "
                    "fails and the server will not start (exit 3). Remove the future import (or the quotes), "
                    "or move the class to a "
                    "module beside the script.",
                    why,
                ),
                fix=fix,
            )
            break


def _future_annotations(script: Script) -> ast.ImportFrom | None:
    for node, _ in script.names.imports:
        if not isinstance(node, ast.ImportFrom) or node.module != "__future__":
            continue
        if any(alias.name == "annotations" for alias in node.names):
            return node
    return None


def _made_at_import(scope: Scope) -> bool:
    inner: Scope | None = scope
    while inner is not None:
        if inner.is_function:
            return False
        inner = inner.parent
    return True


def _is_dataclass(script: Script, node: ast.ClassDef) -> bool:
    for decorator in node.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = ast.unparse(target)
        if name in ("dataclasses.dataclass", "pydantic.dataclasses.dataclass", "dataclass") and _imported(script, name):
            return True
    return False


def _imported(script: Script, name: str) -> bool:
    """Whether the name is the decorator of `dataclasses` or `pydantic.dataclasses`."""
    for node, _ in script.names.imports:
        if isinstance(node, ast.ImportFrom) and name == "dataclass" and node.module in ("dataclasses", "pydantic.dataclasses"):
            return True
        if isinstance(node, ast.Import) and any(f"{alias.name}.dataclass" == name for alias in node.names):
            return True
    return False


def _annotation_text(annotation: ast.expr, future: bool) -> str | None:
    if future:
        return ast.unparse(annotation)
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return annotation.value
    return None


def _needs_future(script: Script) -> bool:
    """Annotations that only text can hold: `X | None` on a Python before 3.10."""
    for node in ast.walk(script.tree):
        annotation = node.annotation if isinstance(node, (ast.arg, ast.AnnAssign)) else None
        if isinstance(annotation, ast.BinOp) and script.facts.target_python is None:
            return True
    return False
