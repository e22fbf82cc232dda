"""Where `init` and `run` stand in a document: for lenses and hover. Read once for each state of the text."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache

from scoredock.lsp.documents import Document


@dataclass(frozen=True, slots=True)
class Functions:
    """0-based lines on which the functions begin, decorators included; ``None`` where there is none."""

    init: int | None
    run: int | None

    @property
    def complete(self) -> bool:
        return self.init is not None and self.run is not None


def functions_of(document: Document) -> Functions | None:
    """``None`` while the text cannot be parsed: what was there before may still be shown."""
    return _read(document.source)


@lru_cache(maxsize=16)
def _read(source: str) -> Functions | None:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    functions = [node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    lines = {node.name: min(part.lineno for part in (node, *node.decorator_list)) - 1 for node in functions}
    return Functions(lines.get("init"), lines.get("run"))
