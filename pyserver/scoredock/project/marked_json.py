"""JSON with positions, as Python's `json` reads it (Azure's SDK v1 loads its files with that)."""

from __future__ import annotations

import json
import re
from json.decoder import scanstring  # type: ignore[attr-defined]
from pathlib import Path

from scoredock.l10n import t
from scoredock.project.marked import Document, Entry, Lines, Mapping, Marked, Problem, Scalar, Sequence

DEEPEST = 100
_SPACE = re.compile(r"[ \t\r\n]*")
_LITERAL = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|NaN|-?Infinity")
_TEMPLATE = re.compile(r"\{\{[^{}\r\n]*\}\}")


def read_json(text: str, path: Path) -> Document:
    """Read a JSON text; of a key written twice the last counts, as everywhere."""
    text = text.removeprefix("\ufeff")
    reader = _Reader(text, Lines(path, text))
    try:
        root = reader.document()
    except json.JSONDecodeError as error:
        message = t("This is not JSON: {0}.", error.msg[0].lower() + error.msg[1:])
        return Document(path, text, None, (Problem(reader.lines.place(error.pos, error.pos + 1), "unreadable", message),))
    return Document(path, text, root, tuple(reader.problems))


class _Reader:
    def __init__(self, text: str, lines: Lines) -> None:
        self.text, self.lines = text, lines
        self.problems: list[Problem] = []
        self.at = 0

    def document(self) -> Marked | None:
        self._skip()
        if self.at == len(self.text):
            return None
        root = self._value(0)
        self._skip()
        if self.at != len(self.text):
            raise json.JSONDecodeError(t("Something stands after the end of the value"), self.text, self.at)
        return root

    def _skip(self) -> None:
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def _value(self, depth: int) -> Marked:
        if depth > DEEPEST:
            raise json.JSONDecodeError(t("Values are nested more than {0} levels deep", DEEPEST), self.text, self.at)
        character = self.text[self.at : self.at + 1]
        if character == '"':
            return self._string()
        template = _TEMPLATE.match(self.text, self.at)
        if template:
            start, self.at = self.at, template.end()
            return Scalar(self.lines.place(start, self.at), template.group(), template.group(), placeholder=True)
        if character == "{":
            return self._object(depth)
        if character == "[":
            return self._array(depth)
        match = _LITERAL.match(self.text, self.at)
        if not match:
            raise json.JSONDecodeError(t("Expecting a value"), self.text, self.at)
        start, self.at = self.at, match.end()
        return Scalar(self.lines.place(start, self.at), json.loads(match.group()), match.group())

    def _string(self) -> Scalar:
        start = self.at
        value, self.at = scanstring(self.text, start + 1, True)
        return Scalar(self.lines.place(start, self.at), value, value, plain=False, placeholder="{{" in value)

    def _object(self, depth: int) -> Mapping:
        start = self.at
        entries: dict[str, Entry] = {}
        self.at += 1
        self._skip()
        while self.text[self.at : self.at + 1] != "}":
            if entries:
                self._expect(",", t("Expecting ',' or '}'"))
            if self.text[self.at : self.at + 1] != '"':
                raise json.JSONDecodeError(t("Expecting a key in double quotes"), self.text, self.at)
            key = self._string()
            self._skip()
            self._expect(":", t("Expecting ':' after a key"))
            value = self._value(depth + 1)
            if key.text in entries:
                first = entries.pop(key.text).key.place.line
                message = t(
                    "The key '{0}' stands twice in this object (first in line {1}); only this last one counts.", key.text, first
                )
                self.problems.append(Problem(key.place, "duplicate-key", message))
            entries[key.text] = Entry(key, value)
            self._skip()
        self.at += 1
        return Mapping(self.lines.place(start, self.at), tuple(entries.values()))

    def _array(self, depth: int) -> Sequence:
        start = self.at
        items: list[Marked] = []
        self.at += 1
        self._skip()
        while self.text[self.at : self.at + 1] != "]":
            if items:
                self._expect(",", t("Expecting ',' or ']'"))
            items.append(self._value(depth + 1))
            self._skip()
        self.at += 1
        return Sequence(self.lines.place(start, self.at), tuple(items))

    def _expect(self, character: str, message: str) -> None:
        if self.text[self.at : self.at + 1] != character:
            raise json.JSONDecodeError(message, self.text, self.at)
        self.at += 1
        self._skip()
