"""Which processes run from an environment's folder, or make it: the folder's name, used once, stands in their command lines."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from scoredock.command_lines import command_lines
from scoredock.environment.uv import end_group
from scoredock.runtime import bytecode


def groups_at_work(folder: Path) -> list[int]:
    """Leaders of the process groups that work on a folder of ours."""
    own = os.getpgid(0) if hasattr(os, "getpgid") else os.getpid()
    groups: set[int] = set()
    for pid, _ in _processes(folder):
        with contextlib.suppress(OSError):
            groups.add(os.getpgid(pid) if hasattr(os, "getpgid") else pid)
    return sorted(groups - {own})


def in_use(folder: Path) -> bool:
    """Whether a process runs the interpreter of an environment for somebody: compiling it is no use of it."""
    return any(not _compiles(words) for _, words in _processes(folder))


def end_compilers(folder: Path) -> None:
    """End what compiles an environment in the background: it is about to go."""
    for pid, words in list(_processes(folder)):
        if _compiles(words):
            end_group(pid)


def _compiles(words: list[str]) -> bool:
    return bytecode.__file__ in words


def _processes(folder: Path) -> Iterator[tuple[int, list[str]]]:
    for process, words in command_lines():
        if process.pid != os.getpid() and any(folder.name in word for word in words):
            yield process.pid, words
