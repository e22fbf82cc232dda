"""Which files below the given paths are looked at."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

# Folders in which nobody keeps his own entry script.
SKIPPED = frozenset(
    {
        "__pycache__",
        "node_modules",
        "site-packages",
        "venv",
        "env",
        "build",
        "dist",
    }
)


def python_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Every given file, and every `*.py` below every given folder, sorted, each once; hidden folders, environments and
    links to folders are left out."""
    seen: set[Path] = set()
    for path in paths:
        if not path.is_dir():
            if path not in seen:
                seen.add(path)
                yield path
            continue
        for folder, names, files in os.walk(path):
            names[:] = sorted(
                name
                for name in names
                if name not in SKIPPED and not name.startswith(".") and not Path(folder, name, "pyvenv.cfg").exists()
            )
            for name in sorted(files):
                found = Path(folder, name)
                if name.endswith(".py") and found not in seen:
                    seen.add(found)
                    yield found
