"""Asking another Python about syntax: crossed versions, and nothing is ever run."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scoredock.checking.interpreter import ask

# What became syntax in which version (PEP 654, 695, 701), and what stopped being it (Python 2).
TEXTS = {
    "try:\n    pass\nexcept* ValueError:\n    pass\n": (3, 11),
    "type Row = dict[str, int]\ndef first[T](rows: list[T]) -> T:\n    return rows[0]\n": (3, 12),
    "x = f'{'a'}'\n": (3, 12),
    "match 1:\n    case 1:\n        pass\n": (3, 10),
    "if (n := 3) > 2:\n    pass\n": (3, 8),
    "x = 1\n": (3, 0),
}


def interpreters() -> dict[tuple[int, int], Path]:
    """The CPythons at hand: the one that runs, those on the path, and pyenv's."""
    found = {sys.version_info[:2]: Path(sys.executable)}
    for minor in range(7, 15):
        pyenv = sorted((Path.home() / ".pyenv" / "versions").glob(f"3.{minor}.*/bin/python"))
        candidates = [*pyenv, *([Path(path)] if (path := shutil.which(f"python3.{minor}")) else [])]
        for candidate in candidates:
            said = subprocess.run([candidate, "-c", "import sys; print(sys.version_info[1])"], capture_output=True, check=False)
            if said.stdout.strip() == str(minor).encode():
                found.setdefault((3, minor), candidate)
    return found


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text[:12])
@pytest.mark.parametrize(("version", "python"), interpreters().items(), ids=lambda value: str(value)[:8])
def test_each_python_speaks_for_itself(version: tuple[int, int], python: Path, text: str) -> None:
    verdict = ask(python, text.encode())
    assert verdict is not None
    assert (verdict.message is None) == (version >= TEXTS[text])


def test_the_text_is_compiled_and_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    verdict = ask(Path(sys.executable), f"open({str(mark)!r}, 'w')\n".encode())
    assert verdict is not None
    assert verdict.message is None
    assert not mark.exists()


def test_the_place_is_told() -> None:
    verdict = ask(Path(sys.executable), b"x = 1\ndef f(:\n    pass\n")
    assert verdict is not None
    assert verdict.message
    assert verdict.line == 2
    assert (verdict.line, verdict.column) < (verdict.end_line, verdict.end_column)


def test_a_python_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert ask(tmp_path / "python", b"x = 1") is None


@pytest.mark.parametrize("data", [b"", b"\0", b"(" * 10000, b"\xff\xfe", b"# coding: nowhere\n", b"1" + b"+1" * 100000])
def test_any_bytes(data: bytes) -> None:
    ask(Path(sys.executable), data)
