"""Whoever only looks at the registry holds no lock, and is not disturbed by those who change it."""

from __future__ import annotations

import threading
from pathlib import Path

from scoredock.models.registry import Registry


def test_models_are_listed_while_others_come_and_go(tmp_path: Path) -> None:
    file = tmp_path / "model.bin"
    file.write_bytes(b"x" * 100)
    registry = Registry(tmp_path / "registry")
    registry.register(file, "stays")
    problems: list[Exception] = []
    over = threading.Event()

    def come_and_go() -> None:
        other = Registry(tmp_path / "registry")
        try:
            model = other.register(file, "comes")
            while not over.is_set():
                other.delete(model)
                model = other.restore("comes", model.version)
        except Exception as problem:
            problems.append(problem)

    changing = threading.Thread(target=come_and_go)
    changing.start()
    try:
        for _ in range(300):
            names = [model.name for model in registry.models()]
            assert "stays" in names
            assert set(names) <= {"stays", "comes"}
    finally:
        over.set()
        changing.join()
    assert not problems
