"""What a YAML or JSON file says, with the place of everything it says.

One tree for both formats, so that whoever reads a file can point at the very key or value a finding is about.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from scoredock.finding import Place


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value. ``value`` is what a YAML 1.1 or JSON reader makes of it (str, int, float, bool, None, date),
    ``text`` what the author meant it to read (``3.10`` is the float 3.1, but its text keeps the zero).

    ``plain`` is true when it is written without quotes; ``placeholder`` when it contains a ``{{ template }}`` that
    some tool fills in before the file is used.
    """

    place: Place
    value: object
    text: str
    plain: bool = True
    placeholder: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A key with its value. ``merged`` entries came through a YAML merge key (``<<``) and stand elsewhere in the file."""

    key: Scalar
    value: Marked
    merged: bool = False


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values in the order of the file; of a key written twice the last stays, as every YAML reader has it."""

    place: Place
    entries: tuple[Entry, ...] = ()

    def entry(self, key: str) -> Entry | None:
        return next((entry for entry in self.entries if entry.key.text == key), None)

    def get(self, key: str) -> Marked | None:
        entry = self.entry(key)
        return entry.value if entry else None

    def keys(self) -> tuple[str, ...]:
        return tuple(entry.key.text for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Sequence:
    """Items in the order of the file."""

    place: Place
    items: tuple[Marked, ...] = ()

    def __iter__(self) -> Iterator[Marked]:
        return iter(self.items)


Marked = Scalar | Mapping | Sequence

ProblemKind = Literal["unreadable", "duplicate-key"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with the file as YAML or JSON, before anyone asks what it means."""

    place: Place
    kind: ProblemKind
    message: str


@dataclass(frozen=True, slots=True)
class Document:
    """A file as read. ``root`` is ``None`` when it is empty or cannot be read (``problems`` then says why)."""

    path: Path
    text: str
    root: Marked | None
    problems: tuple[Problem, ...] = ()

    @property
    def readable(self) -> bool:
        return not any(problem.kind == "unreadable" for problem in self.problems)


_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Lines:
    """Turns offsets in a text into places, with lines as editors count them (YAML itself counts a few rare characters
    as line ends that editors do not)."""

    path: Path
    text: str
    _starts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_starts", [0, *(match.end() for match in _LINE_END.finditer(self.text))])

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, both 1-based."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect.bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def place(self, start: int, end: int | None = None) -> Place:
        line, column = self.position(start)
        end_line, end_column = self.position(start if end is None else max(start, end))
        return Place(self.path, line, column, end_line, end_column)
