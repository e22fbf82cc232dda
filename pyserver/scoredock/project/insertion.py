"""Edits that add an item to a YAML list, in the style the list is written in."""

from __future__ import annotations

import re

from scoredock.finding import Edit, Place
from scoredock.project.marked import Document, Marked, Sequence

_LINES = re.compile(r"\r\n|\n|\r")


def append_item(document: Document, items: Sequence, text: str) -> Edit | None:
    """An edit that adds ``text`` (which may be several lines, the first without a dash) behind the last item of a list."""
    if not items.items:
        return None
    last = items.items[-1]
    if _is_flow(document, items):
        # Inside brackets: behind the last item; several lines have no place there.
        place = last.place
        at = Place(place.path, place.end_line, place.end_column, place.end_line, place.end_column)
        return Edit(at, f", {text}") if "\n" not in text else None
    indent = _indent(document, last)
    if indent is None:
        return None
    # Behind the end of the line, so that a comment there stays with its item.
    line = last.place.end_line
    end = len(_line(document, line)) + 1
    new_line = "\r\n" if "\r\n" in document.text else "\n"
    written = f"{new_line}{indent}- " + text.replace("\n", f"{new_line}{indent}  ")
    return Edit(Place(document.path, line, end, line, end), written)


def insert_before(document: Document, items: Sequence, item: Marked, text: str) -> Edit | None:
    """An edit that adds ``text`` as an item of its own before an item of a list."""
    place = item.place
    if _is_flow(document, items):
        return Edit(Place(place.path, place.line, place.column, place.line, place.column), f"{text}, ")
    indent = _indent(document, item)
    if indent is None:
        return None
    new_line = "\r\n" if "\r\n" in document.text else "\n"
    return Edit(Place(document.path, place.line, 1, place.line, 1), f"{indent}- {text}{new_line}")


def _is_flow(document: Document, items: Sequence) -> bool:
    return _line(document, items.place.line)[items.place.column - 1 : items.place.column] == "["


def _indent(document: Document, item: Marked) -> str | None:
    """The spaces before the dash of an item; None when the dash does not stand alone on its line."""
    before = _line(document, item.place.line)[: item.place.column - 1]
    match = re.fullmatch(r"( *)- +", before)
    return match[1] if match else None


def _line(document: Document, number: int) -> str:
    lines = _LINES.split(document.text)
    return lines[number - 1] if number <= len(lines) else ""
