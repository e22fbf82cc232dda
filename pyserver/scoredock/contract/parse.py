"""Text -> syntax tree, whatever the text is: too long, broken, nested without end."""

from __future__ import annotations

import ast
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path

from scoredock.contract.text import LINE_END
from scoredock.finding import Place
from scoredock.l10n import t

# ast.parse takes 12 s and 2 GB for 10 MB; nobody writes an entry script of a megabyte by hand.
LARGEST = 1_000_000

# How many broken statements are left out, one after the other, to learn something of the rest.
REPAIRS = 3


@dataclass(frozen=True, slots=True)
class Problem:
    """Why the text does not compile here: a syntax error with its place (1-based, code points), or a limit of this Python."""

    message: str
    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 1
    limit: bool = False  # our own Python gave up; that says nothing of the text

    def place(self, path: Path) -> Place:
        return Place(path, self.line, self.column, self.end_line, self.end_column)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A tree when one could be had; with a problem, the tree lacks the broken statements and proves no absence."""

    tree: ast.Module | None
    problem: Problem | None = None
    too_large: bool = False


def parse(text: str) -> Parsed:
    """Parse and compile (never run) a text. Never raises for any text."""
    if len(text) > LARGEST:
        return Parsed(None, too_large=True)
    if not text.isascii():
        # A lone surrogate can stand in an editor's buffer but not in a file; one code point for one keeps all places right.
        text = text.encode("utf-8", "replace").decode("utf-8")
    tree, problem = _attempt(text)
    if problem is None or problem.limit:
        return Parsed(tree, problem)
    if tree is not None:  # it parses, and the compiler objects: `return` outside a function, a late `global`
        return Parsed(tree, problem)
    return Parsed(_repair(text, problem), problem)


def _attempt(text: str) -> tuple[ast.Module | None, Problem | None]:
    tree: ast.Module | None = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes and the like are not ours to print
            tree = ast.parse(text)
            compile(tree, "score.py", "exec", dont_inherit=True)
    except SyntaxError as error:
        return tree, _problem(error, text)
    except ValueError as error:  # null bytes, before Python 3.12
        line, column = _position(text, text.find("\0"))
        return None, Problem(_sentence(str(error)), line, column, line, column + 1)
    except (RecursionError, MemoryError):
        return tree, Problem(t("the text is nested too deeply for this Python to read"), limit=True)
    return tree, None


def _problem(error: SyntaxError, text: str) -> Problem:
    if "null bytes" in (error.msg or ""):
        line, column = _position(text, text.find("\0"))
        return Problem(_sentence(error.msg), line, column, line, column + 1)
    lines = LINE_END.split(text)
    line = min(max(error.lineno or 1, 1), len(lines))
    column = min(max(error.offset or 1, 1), len(lines[line - 1]) + 1)
    end_line = min(max(error.end_lineno or line, line), len(lines))
    end_column = error.end_offset or 0
    if end_line == line and end_column <= column:
        end_column = min(column + 1, len(lines[line - 1]) + 1)
    end_column = min(max(end_column, 1), len(lines[end_line - 1]) + 1)
    # The parser gives up at 200 brackets and says so; that is the same in every CPython and so a true syntax error.
    return Problem(_sentence(error.msg or "invalid syntax"), line, column, end_line, end_column)


def _sentence(message: str) -> str:
    return message.strip().rstrip(".")


def _position(text: str, index: int) -> tuple[int, int]:
    before = LINE_END.split(text[: max(index, 0)])
    return len(before), len(before[-1]) + 1


def _repair(text: str, problem: Problem) -> ast.Module | None:
    """Parse again with the broken line left out, so that the rest of the file still gets what can be known."""
    lines = text.split("\n")  # `\r` alone is rare enough to give up on
    line = problem.line
    for _ in range(REPAIRS):
        if not 0 < line <= len(lines) or not lines[line - 1].strip():
            return None
        broken = lines[line - 1]
        lines[line - 1] = broken[: len(broken) - len(broken.lstrip(" \t"))] + "pass"
        tree, left = _attempt("\n".join(lines))
        if left is None:
            return tree
        if tree is not None or left.limit:
            return None
        line = left.line
    return None


def own_python() -> str:
    """The Python that Scoredock runs on, as "3.11"."""
    return f"{sys.version_info[0]}.{sys.version_info[1]}"
