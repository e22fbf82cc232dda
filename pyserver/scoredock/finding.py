"""The value every check yields: what is wrong, where, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class Severity(str, Enum):
    """How much a finding matters at run time.

    ``ERROR``: the server will not start, or requests will fail. ``WARNING``: it works, but not as its author means.
    ``INFORMATION``: worth knowing.
    """

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A range in a text file.

    Lines and columns are 1-based; columns count Unicode code points (not bytes, not UTF-16 units), and the end is
    exclusive, so an empty range has equal ends.
    """

    path: Path
    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace what stands at ``place`` by ``text``; an empty range inserts."""

    place: Place
    text: str


@dataclass(frozen=True, slots=True)
class Insertion:
    """Where a line can be added to a file, whatever it says: ``before`` and ``after`` go around it."""

    place: Place
    before: str
    after: str = ""

    def edit(self, line: str) -> Edit:
        return Edit(self.place, f"{self.before}{line}{self.after}")


@dataclass(frozen=True, slots=True)
class Fix:
    """A mechanical mend: a title in the imperative and the edits that do it, non-overlapping, all against the same text."""

    title: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know about a file.

    ``code`` is stable (``SD203``), ``name`` is its readable twin (``missing-global``); ``message`` is one or two
    sentences: what will happen, and what to do. ``related`` points at further places with a sentence each.
    """

    place: Place
    code: str
    name: str
    severity: Severity
    message: str
    fix: Fix | None = None
    related: tuple[tuple[Place, str], ...] = ()
