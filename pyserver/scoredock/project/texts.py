"""The text of project files: from disk, or from an editor's buffer that is not saved yet."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path

from scoredock.finding import Place
from scoredock.l10n import t
from scoredock.project.marked import Document, Problem
from scoredock.project.marked_json import read_json
from scoredock.project.marked_yaml import read_yaml

LARGEST = 2_000_000  # bytes; no project file is larger


class Texts:
    """Reads files for one look at a project; each is read and parsed once. ``overlay`` holds unsaved texts by path."""

    def __init__(self, overlay: Mapping[Path, str] | None = None) -> None:
        self._overlay = {path.absolute(): text for path, text in (overlay or {}).items()}
        self._documents: dict[Path, Document] = {}

    def is_file(self, path: Path) -> bool:
        return path in self._overlay or _ask(path.is_file)

    def exists(self, path: Path) -> bool:
        return path in self._overlay or _ask(path.exists)

    def document(self, path: Path) -> Document:
        """The file as a tree; what cannot be read is a problem of the document."""
        if path not in self._documents:
            self._documents[path] = self._read(path)
        return self._documents[path]

    def text(self, path: Path) -> str | None:
        """The text of a file, or None when there is none to be had."""
        text, _ = self._text(path)
        return text

    def glimpse(self, path: Path) -> str:
        """The text of a file for a first look: also of one that is not UTF-8; empty when there is none."""
        text = self.text(path)
        if text is not None:
            return text
        try:
            if not path.is_file():
                return ""
            with path.open("rb") as file:
                return file.read(LARGEST).decode("utf-8", errors="replace")
        except (OSError, ValueError):
            return ""

    def _read(self, path: Path) -> Document:
        text, problem = self._text(path)
        if text is None:
            return Document(path, "", None, (problem,) if problem else ())
        return read_json(text, path) if path.suffix.lower() == ".json" else read_yaml(text, path)

    def _text(self, path: Path) -> tuple[str | None, Problem | None]:
        if path in self._overlay:
            return self._overlay[path], None
        try:
            known = path.stat()
            if not stat.S_ISREG(known.st_mode):  # reading a pipe would wait for ever
                return None, _problem(path, t("This is not a file."))
            if known.st_size > LARGEST:
                return None, _problem(path, t("The file is larger than {0} bytes and was not read.", f"{LARGEST:,}"))
            content = path.read_bytes()
        except OSError as error:
            return None, _problem(path, t("The file cannot be read: {0}.", error.strerror or error))
        except ValueError:  # a name with a null byte or half a surrogate pair
            return None, _problem(path, t("No file can have this name."))
        try:
            return content.decode("utf-8-sig"), None
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            return None, _problem(path, t("The file is not UTF-8 (byte {0}); save it as UTF-8.", error.start + 1), line)


def _problem(path: Path, message: str, line: int = 1) -> Problem:
    return Problem(Place(path, line, 1, line, 1), "unreadable", message)


def _ask(question: object) -> bool:
    try:
        return bool(question())  # type: ignore[operator]
    except (OSError, ValueError):  # a name too long, a null byte: nothing of that name is there
        return False
