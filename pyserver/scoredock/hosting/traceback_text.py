"""Tracebacks in a log, as data of the same shape as the arbiter's failures (`runtime/PROTOCOL.md`).

A service in a container that has crashed, and every request that fails, leave nothing but text. Python's own format is
read (all versions from 3.7 on), and the one that `faulthandler` writes for a segmentation fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

START = "Traceback (most recent call last):"
_LOG_LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z] \[\d+\] ")
_FRAME = re.compile(r'\s*File "(?P<path>.+)", line (?P<line>\d+)(?:, in (?P<function>.+)| in (?P<late>.+))?$')
_ERROR = re.compile(r"(?P<type>[A-Za-z_][\w.]*)(?:: (?P<message>.*))?$")
_FATAL = re.compile(r"Fatal Python error: (?P<message>.+)$")
_BETWEEN = (
    "The above exception was the direct cause of the following exception:",
    "During handling of the above exception, another exception occurred:",
)
LONGEST = 5000  # lines of one block; a log that never ends a traceback must not fill the memory


@dataclass(frozen=True, slots=True)
class Block:
    """One traceback as it stands in the log: the exceptions with the root cause first, as Python prints them."""

    errors: tuple[dict[str, Any], ...]
    text: str
    fatal: bool = False


@dataclass
class Reader:
    """Fed line by line; gives a block when the line after it has come."""

    _lines: list[str] = field(default_factory=list)
    _fatal: bool = False

    @property
    def inside(self) -> bool:
        """Whether the last line belonged to a traceback."""
        return bool(self._lines)

    def feed(self, line: str) -> Block | None:
        starts = START in line or bool(_FATAL.search(line))
        if self._lines and (_LOG_LINE.match(line) or (starts and self._fatal) or len(self._lines) > LONGEST):
            block = self.end()
            if starts:
                self._begin(line)
            return block
        if self._lines:
            self._lines.append(line)
        elif starts:
            self._begin(line)
        return None

    def _begin(self, line: str) -> None:
        self._fatal = START not in line
        found = line.find(START)
        self._lines = [line[found:] if found >= 0 else line]

    def end(self) -> Block | None:
        """What has come so far, when there is no further line."""
        lines, self._lines = self._lines, []
        if not lines:
            return None
        errors = tuple(_fatal_error(lines) if self._fatal else _errors(lines))
        return Block(errors, "\n".join(lines).rstrip(), self._fatal) if errors else None


def blocks(lines: Iterable[str]) -> Iterator[Block]:
    """All tracebacks of a log."""
    reader = Reader()
    for line in lines:
        if block := reader.feed(line):
            yield block
    if block := reader.end():
        yield block


def _errors(lines: list[str]) -> Iterator[dict[str, Any]]:
    frames: list[dict[str, Any]] = []
    error: dict[str, Any] | None = None
    for line in lines:
        if line.startswith(START) or line.strip() in _BETWEEN:
            if error is not None:
                yield _trimmed(error)
            frames, error = [], None
        elif error is not None:
            # A message of several lines; it ends where the next exception or the log's next line begins.
            error["message"] += "\n" + line
        elif frame := _FRAME.match(line):
            place = {"path": frame["path"], "line": int(frame["line"]), "function": frame["function"] or "<module>"}
            frames.append(place)
        elif line[:1].strip() and (found := _ERROR.match(line)):
            error = {"type": found["type"].rpartition(".")[2], "message": found["message"] or "", "frames": frames}
            error["full_type"] = found["type"]
    if error is not None:
        yield _trimmed(error)


def _trimmed(error: dict[str, Any]) -> dict[str, Any]:
    error["message"] = error["message"].rstrip()
    return error


def _fatal_error(lines: list[str]) -> Iterator[dict[str, Any]]:
    found = _FATAL.search(lines[0])
    frames: list[dict[str, Any]] = []
    mine = False
    for line in lines[1:]:
        if line.startswith(("Current thread", "Thread", "Stack")):
            mine = "Current thread" in line or line.startswith("Stack")
        elif mine and (frame := _FRAME.match(line)):
            frames.insert(0, {"path": frame["path"], "line": int(frame["line"]), "function": frame["late"] or "<module>"})
    if found:
        yield {"type": "FatalError", "full_type": "FatalError", "message": found["message"], "frames": frames}


# Exception of the server that wraps the user's -> phase (server/user_script.py).
_WRAPPERS = {"UserScriptImportException": "import", "UserScriptException": "init", "UserScriptError": "contract"}


def failure_in(lines: Iterable[str]) -> dict[str, Any] | None:
    """Why the service of this log did not start: the last traceback that the server blames on the script."""
    failure = None
    for block in blocks(lines):
        wrapper = block.errors[-1]
        phase = _WRAPPERS.get(wrapper["type"])
        if block.fatal:
            failure = {"phase": "init", "chain": list(block.errors), "traceback": block.text}
        elif phase == "contract":
            failure = {"phase": phase, "chain": [wrapper], "traceback": block.text}
        elif phase is not None and len(block.errors) > 1:
            failure = {"phase": phase, "chain": list(block.errors[-2::-1]), "traceback": block.text}
    return failure
