"""Paths in project files: where they lead on this machine, and what stands there instead of what was meant."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path

from scoredock.project.said import nearest

# azureml://…, https://…, wasbs://…, runs:/…, azureml:NAME:VERSION, git+https://… lead away from this machine.
_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


def is_remote(text: str) -> bool:
    """Whether a path leads away from this machine (a drive letter such as C: does not)."""
    return bool(_REMOTE.match(text))


def resolved(base: Path, text: str) -> Path:
    """The absolute path that a file in ``base`` means by ``text``; symbolic links are kept."""
    return Path(os.path.normpath(base / text))


def stands(path: Path) -> bool:
    """Whether something stands at a path under exactly this spelling: Azure's file systems tell capitals apart."""
    try:
        if not path.exists():
            return False
        if path.name in ("", ".."):
            return True
        return unicodedata.normalize("NFC", path.name) in {
            unicodedata.normalize("NFC", name)
            for name in os.listdir(path.parent)  # noqa: PTH208 - names only
        }
    except PermissionError:
        return True  # nobody can say that it is not there
    except (OSError, ValueError):
        return False


def meant_instead(path: Path, *, suffixes: tuple[str, ...] = ()) -> Path | None:
    """What stands near a missing path and was most likely meant: another spelling, or the same name one folder away."""
    try:
        neighbours = sorted(
            entry.name for entry in path.parent.iterdir() if not suffixes or entry.suffix in suffixes or entry.is_dir()
        )
    except (OSError, ValueError):
        neighbours = []
    close = nearest(path.name, tuple(neighbours))
    if close:
        return path.parent / close
    base = path.parent
    while not base.is_dir() and base != base.parent:
        base = base.parent
    try:
        below = sorted(candidate for candidate in base.glob(f"*/{path.name}") if ".venv" not in candidate.parts)
    except (OSError, ValueError):
        return None
    return below[0] if len(below) == 1 else None


def written_from(base: Path, path: Path) -> str:
    """A path as it is written in a file in ``base``: with forward slashes, which every system reads."""
    return Path(os.path.relpath(path, base)).as_posix()
