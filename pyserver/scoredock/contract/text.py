"""The text of a script and places in it: what `ast` counts in UTF-8 bytes, findings count in code points."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from scoredock.finding import Place

if TYPE_CHECKING:
    import ast

# Python ends lines here only; str.splitlines also splits at form feeds and the Unicode separators.
LINE_END = re.compile(r"\r\n|\r|\n")
IDENTIFIER = re.compile(r"\w+")


class Located(Protocol):
    """A node of a syntax tree that knows its range."""

    lineno: int
    col_offset: int
    end_lineno: int | None
    end_col_offset: int | None


class Text:
    """One text with its path."""

    def __init__(self, text: str, path: Path) -> None:
        self.text = text
        self.path = path

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their ends."""
        return LINE_END.split(self.text)

    @cached_property
    def newline(self) -> str:
        """What ends a line in this file, so that a fix does not mix two kinds."""
        found = LINE_END.search(self.text)
        return found.group() if found else "\n"

    def column(self, line: int, offset: int) -> int:
        """The 1-based column of a UTF-8 byte offset in a 1-based line."""
        text = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        if text.isascii():
            return offset + 1
        return len(text.encode("utf-8", "replace")[:offset].decode("utf-8", "replace")) + 1

    def place(self, node: Located | ast.AST) -> Place:
        """The whole range of a node."""
        line: int = getattr(node, "lineno", 1)
        offset: int = getattr(node, "col_offset", 0)
        end_line: int = getattr(node, "end_lineno", None) or line
        end_offset = getattr(node, "end_col_offset", None)
        start = self.column(line, offset)
        end = self.column(end_line, end_offset) if end_offset is not None else start
        return Place(self.path, line, start, end_line, end)

    def head(self, node: ast.AST) -> Place:
        """The part of a node that names it: the name in a `def` or `class`, else its first line."""
        place = self.place(node)
        name = getattr(node, "name", None)
        if isinstance(name, str) and 0 < place.line <= len(self.lines):
            # Between the keyword and the name only blanks can stand (or a backslash, where we fall back to the keyword).
            line = self.lines[place.line - 1]
            found = re.compile(rf"\b{re.escape(name)}\b").search(line, place.column - 1)
            if found:
                return Place(self.path, place.line, found.start() + 1, place.line, found.end() + 1)
        if place.end_line == place.line:
            return place
        line = self.lines[place.line - 1] if place.line <= len(self.lines) else ""
        return Place(self.path, place.line, place.column, place.line, max(place.column, len(line) + 1))

    def cut(self, place: Place) -> str:
        """The text of a range."""
        if place.line == place.end_line:
            return self.lines[place.line - 1][place.column - 1 : place.end_column - 1]
        first = self.lines[place.line - 1][place.column - 1 :]
        middle = self.lines[place.line : place.end_line - 1]
        last = self.lines[place.end_line - 1][: place.end_column - 1]
        return "\n".join((first, *middle, last))

    def indent(self, line: int) -> str:
        """The blanks before the first word of a line."""
        text = self.lines[line - 1]
        return text[: len(text) - len(text.lstrip(" \t"))]
