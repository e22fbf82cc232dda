"""Places where an item can be added to a YAML list or a requirements file, in the style that it is written in."""

from __future__ import annotations

import re

from scoredock.finding import Edit, Insertion, Place
from scoredock.project.marked import Document, Mapping, Marked, Scalar, Sequence

_LINES = re.compile(r"\r\n|\n|\r")


def pip_line(document: Document, dependencies: Sequence, *, has_pip: bool) -> Insertion | None:
    """Where a conda file takes another pip line: in its pip section, else in a new one (with pip itself, where that is
    missing too)."""
    for item in dependencies:
        if isinstance(item, Mapping) and (entry := item.entry("pip")):
            if isinstance(entry.value, Sequence):
                return behind_last(document, entry.value)
            if isinstance(entry.value, Scalar) and entry.value.value is None:
                return _below(document, item, entry.key.place)
    new_line = _new_line(document.text)
    section = behind_last(document, dependencies)
    if section is None:
        return None
    if _is_flow(document, dependencies):
        return Insertion(section.place, section.before + ("" if has_pip else "pip, ") + "{pip: [", "]}")
    deeper = section.before.removeprefix(new_line).replace("- ", "  ")
    pip = "" if has_pip else f"{section.before}pip"
    return Insertion(section.place, f"{pip}{section.before}pip:{new_line}{deeper}  - ")


def requirements_line(document: Document) -> Insertion:
    """Where a requirements file takes another line: at its end."""
    lines = _LINES.split(document.text)
    new_line = _new_line(document.text)
    end = Place(document.path, len(lines), len(lines[-1]) + 1, len(lines), len(lines[-1]) + 1)
    return Insertion(end, new_line) if lines[-1] else Insertion(end, "", new_line)


def behind_last(document: Document, items: Sequence) -> Insertion | None:
    """Where an item can follow the last one of a list; several lines have no place inside brackets."""
    if _is_flow(document, items):
        if not items.items:
            place = items.place
            return Insertion(Place(place.path, place.line, place.column + 1, place.line, place.column + 1), "")
        place = items.items[-1].place
        return Insertion(Place(place.path, place.end_line, place.end_column, place.end_line, place.end_column), ", ")
    indent = _indent(document, items.items[-1]) if items.items else None
    if indent is None:
        return None
    # Behind the end of the line, so that a comment there stays with its item.
    return _at_line_end(document, items.items[-1].place.end_line, f"{indent}- ")


def insert_before(document: Document, items: Sequence, item: Marked, text: str) -> Edit | None:
    """An edit that adds ``text`` as an item of its own before an item of a list."""
    place = item.place
    if _is_flow(document, items):
        return Edit(Place(place.path, place.line, place.column, place.line, place.column), f"{text}, ")
    indent = _indent(document, item)
    if indent is None:
        return None
    return Edit(Place(document.path, place.line, 1, place.line, 1), f"{indent}- {text}{_new_line(document.text)}")


def _below(document: Document, item: Marked, key: Place) -> Insertion | None:
    """Below an empty `- pip:`."""
    indent = _indent(document, item)
    return None if indent is None else _at_line_end(document, key.line, f"{indent}    - ")


def _at_line_end(document: Document, line: int, beginning: str) -> Insertion:
    end = len(_line(document, line)) + 1
    return Insertion(Place(document.path, line, end, line, end), f"{_new_line(document.text)}{beginning}")


def _new_line(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


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
