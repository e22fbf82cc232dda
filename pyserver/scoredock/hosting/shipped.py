"""Which files of the code folder go to Azure: what `.amlignore`, or else `.gitignore`, does not leave out."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

# Never code, whatever the ignore files say.
NEVER = frozenset(
    {
        *(".git", ".venv", "venv", "node_modules"),
        *("__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".ipynb_checkpoints"),
    }
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of an ignore file in git's grammar. The last rule that fits a path decides."""

    fits: re.Pattern[str]
    keeps: bool
    folders_only: bool


def rules_of(text: str) -> tuple[Rule, ...]:
    """Read an ignore file. Blank lines and comments say nothing."""
    rules = []
    for raw in text.splitlines():
        line = raw.rstrip()
        if not line or line.startswith("#"):
            continue
        keeps = line.startswith("!")
        line = line[1:] if keeps or line.startswith("\\") else line
        folders_only = line.endswith("/")
        line = line.rstrip("/")
        anchored = "/" in line
        if line:
            rules.append(Rule(_expression(line.lstrip("/"), anchored=anchored), keeps, folders_only))
    return tuple(rules)


def _expression(pattern: str, *, anchored: bool) -> re.Pattern[str]:
    parts = pattern.split("/")
    text = "" if anchored else "(?:.*/)?"
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        if part == "**":
            text += ".*" if last else "(?:.*/)?"
        else:
            text += _name(part) + ("" if last else "/")
    return re.compile(text)


def _name(pattern: str) -> str:
    """One name between slashes; its wildcards do not cross them."""
    text, at = "", 0
    while at < len(pattern):
        sign = pattern[at]
        closing = pattern.find("]", at + 2)
        if sign == "[" and closing > 0:
            inner = pattern[at + 1 : closing].replace("\\", "\\\\").replace("[", "\\[")
            text += f"[{'^/' + inner[1:] if inner[0] in '!^' else inner}]"
            at = closing
        elif sign == "\\" and at + 1 < len(pattern):
            at += 1
            text += re.escape(pattern[at])
        else:
            text += {"*": "[^/]*", "?": "[^/]"}.get(sign, re.escape(sign))
        at += 1
    return text


def ignored(path: PurePosixPath, rules: Iterable[Rule], *, folder: bool) -> bool:
    """Whether the rules leave this path out; its parents are asked by whoever walks."""
    result = False
    for rule in rules:
        if (folder or not rule.folders_only) and rule.fits.fullmatch(path.as_posix()):
            result = not rule.keeps
    return result


def shipped_files(code: Path, without: Iterable[Path] = ()) -> Iterator[PurePosixPath]:
    """The files of the code folder that are deployed, relative to it, in a fixed order. ``without``: models and other
    files that come into the image by themselves."""
    rules: tuple[Rule, ...] = ()
    for name in (".amlignore", ".gitignore"):
        if (code / name).is_file():
            rules = rules_of((code / name).read_text(encoding="utf-8-sig", errors="replace"))
            break
    left_out = {path.resolve() for path in without}
    for base, folders, files in os.walk(code):
        here = Path(base)
        inside = PurePosixPath(here.relative_to(code).as_posix())
        folders[:] = sorted(
            name
            for name in folders
            if name not in NEVER and (here / name).resolve() not in left_out and not ignored(inside / name, rules, folder=True)
        )
        for name in sorted(files):
            if (here / name).resolve() not in left_out and not ignored(inside / name, rules, folder=False):
                yield inside / name
