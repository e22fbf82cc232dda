"""The cache as its owner sees it, while others work in it."""

from __future__ import annotations

import threading
from pathlib import Path

from scoredock.environment.cached import folder_size


def test_the_size_of_a_folder_in_which_files_come_and_go(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_bytes(b"x" * 100)
    over = threading.Event()

    def compile_again_and_again() -> None:
        """As Python writes bytecode: under a name of its own, then renamed."""
        number = 0
        while not over.is_set():
            number += 1
            new = tmp_path / f"module.pyc.{number}"
            new.write_bytes(b"")
            new.replace(tmp_path / "module.pyc")

    compiler = threading.Thread(target=compile_again_and_again)
    compiler.start()
    try:
        assert {folder_size(tmp_path) for _ in range(2000)} == {(100, 100)}
    finally:
        over.set()
        compiler.join()
