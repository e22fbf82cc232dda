"""The open documents and their positions.

pygls has documents of its own, but splits lines as ``str.splitlines`` does: at form feeds, U+2028 and others, where the
protocol and Python's parser both see no line end. Every position behind such a character would be wrong, so documents
are kept here; only "\\n", "\\r\\n" and "\\r" end a line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from lsprotocol import types
from pygls import uris

from scoredock.finding import Place

_LINE_END = re.compile(r"\r\n|\n|\r")


def _utf16(char: str) -> int:
    return 2 if char > "\uffff" else 1


def _utf8(char: str) -> int:
    return len(char.encode("utf-8", "surrogatepass"))


# How many client units one code point takes, by the encoding agreed on at initialize; VS Code knows UTF-16 only.
UNITS: dict[str, Callable[[str], int]] = {"utf-8": _utf8, "utf-16": _utf16, "utf-32": lambda _: 1}


class Text:
    """A text with its line starts, able to go from code points to client units and back."""

    __slots__ = ("_starts", "source", "units")

    def __init__(self, source: str, encoding: str = "utf-16") -> None:
        self.source = source
        self.units = UNITS[encoding]
        self._starts: list[int] | None = None

    @property
    def starts(self) -> list[int]:
        """Offsets at which the lines begin; one more line than there are line ends."""
        if self._starts is None:
            self._starts = [0, *(end.end() for end in _LINE_END.finditer(self.source))]
        return self._starts

    def line(self, number: int) -> str:
        """The line's text without its end; lines beyond the text are empty. ``number`` is 0-based."""
        starts = self.starts
        if number >= len(starts):
            return ""
        end = starts[number + 1] if number + 1 < len(starts) else len(self.source)
        return self.source[starts[number] : end].rstrip("\r\n")

    def offset(self, position: types.Position) -> int:
        """Where a client's position is in ``source``; positions beyond a line or the text count as its end."""
        starts = self.starts
        if position.line >= len(starts):
            return len(self.source)
        line = self.line(position.line)
        if line.isascii():
            return starts[position.line] + min(position.character, len(line))
        units = 0
        for index, char in enumerate(line):
            if units >= position.character:
                return starts[position.line] + index
            units += self.units(char)
        return starts[position.line] + len(line)

    def column(self, position: types.Position) -> int:
        """The 0-based code point column of a client's position."""
        if position.line >= len(self.starts):
            return 0
        return self.offset(position) - self.starts[position.line]

    def position(self, line: int, column: int) -> types.Position:
        """A client's position from a finding's 1-based line and code point column."""
        text = self.line(line - 1)[: column - 1]
        character = len(text) if text.isascii() else sum(map(self.units, text))
        return types.Position(max(line - 1, 0), character)

    def range(self, place: Place) -> types.Range:
        """A client's range from a place in this text."""
        return types.Range(self.position(place.line, place.column), self.position(place.end_line, place.end_column))


class Document(Text):
    """A document that is open in the editor: its text is the editor's, whatever the disk says."""

    __slots__ = ("encoding", "language", "path", "uri", "version", "virtual")

    def __init__(self, uri: str, source: str, version: int | None, language: str, encoding: str) -> None:
        super().__init__(source, encoding)
        self.uri = uri
        self.version = version
        self.language = language
        self.encoding = encoding
        path = path_of(uri)
        self.virtual = path is None
        # An unsaved or virtual document is checked too; this path names it and no file of any disk.
        self.path = path or Path("/", uri.replace(":", "/", 1))

    def apply(self, changes: Iterable[types.TextDocumentContentChangeEvent]) -> None:
        """Bring in the client's edits, each against the text that the one before it left."""
        for change in changes:
            if isinstance(change, types.TextDocumentContentChangePartial):
                start, end = self.offset(change.range.start), self.offset(change.range.end)
                if end < start:
                    start, end = end, start
                self.source = self.source[:start] + change.text + self.source[end:]
            else:
                self.source = change.text
            self._starts = None


class Documents:
    """All open documents, by URI and by path."""

    def __init__(self) -> None:
        self.encoding = "utf-16"
        self._open: dict[str, Document] = {}
        self._uris: dict[Path, str] = {}
        self._spellings: dict[Path, str] = {}  # kept after closing: what was published must be taken back by the same name

    def open(self, item: types.TextDocumentItem) -> Document:
        document = Document(item.uri, item.text, item.version, str(item.language_id), self.encoding)
        self._open[item.uri] = document
        self._uris[document.path] = self._spellings[document.path] = item.uri
        return document

    def close(self, uri: str) -> Document | None:
        document = self._open.pop(uri, None)
        if document is not None and self._uris.get(document.path) == uri:
            del self._uris[document.path]
        return document

    def get(self, uri: str) -> Document | None:
        return self._open.get(uri)

    def at(self, path: Path) -> Document | None:
        """The open document of a file."""
        uri = self._uris.get(path)
        return self._open.get(uri) if uri else None

    def uri(self, path: Path) -> str:
        """The URI under which the client knows a file: its own spelling when it has ever been open."""
        return self._spellings.get(path) or uris.from_fs_path(str(path)) or path.as_uri()

    def text(self, path: Path) -> Text:
        """A file's text as the user sees it: the open document's, else the disk's (empty when it cannot be read)."""
        document = self.at(path)
        if document is not None:
            return document
        try:
            return Text(path.read_text(encoding="utf-8-sig", errors="replace"), self.encoding)
        except OSError:
            return Text("", self.encoding)

    def overlay(self) -> dict[Path, str]:
        """What is open, by path: read instead of the disk."""
        return {path: self._open[uri].source for path, uri in self._uris.items()}

    def __iter__(self) -> Iterator[Document]:
        return iter(list(self._open.values()))


def path_of(uri: str) -> Path | None:
    """The file behind a URI; ``None`` for untitled and virtual documents."""
    path = uris.to_fs_path(uri)
    return Path(path) if path else None
