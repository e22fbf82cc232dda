"""Where in a YAML mapping a line stands, by indentation: works on a text that is being typed and does not parse."""

from __future__ import annotations

import re

from scoredock.lsp.documents import Document

_KEY = re.compile(r"^(?P<indent>\s*)(?:- )?(?P<key>[\w$]+)\s*:")


def indent_of(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def keys_above(document: Document, number: int, indent: int | None = None) -> tuple[str, ...]:
    """The keys that a 0-based line stands below, outermost first; ``indent`` instead of the line's own."""
    wanted = indent_of(document.line(number)) if indent is None else indent
    path: list[str] = []
    for above in range(number - 1, -1, -1):
        match = _KEY.match(document.line(above))
        if match and len(match["indent"]) < wanted:
            path.insert(0, match["key"])
            wanted = len(match["indent"])
            if wanted == 0:
                break
    return tuple(path)
