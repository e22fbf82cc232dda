"""Whether an environment's files are as they were installed.

Environments are hard links into uv's cache, so a file that is overwritten in place is overwritten there too, and would
come back damaged from a cache that nobody suspects. Therefore sizes are taken from what each package itself says
(RECORD) when an environment is made, and compared with the disk both then and at every later sync.
"""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

from scoredock.environment.requirement_lines import normalised

_MANIFEST = Path(".scoredock") / "files.json"
# Half the files of the usual packages; nothing that runs reads them, and looking at them doubles the time of a sync.
_PASSED_OVER = {"tests", "test", "testing", "__pycache__", "docs", "doc", "examples", "include", ".scoredock", "conda-meta"}
_ENDINGS_PASSED_OVER = (".pyi", ".pyx", ".pxd", ".h", ".hpp", ".pyc", ".md", ".rst", ".a")


def write_manifest(prefix: Path) -> None:
    """Note every file that a program may read, with its size, by folder."""
    found: dict[str, dict[str, int]] = {}
    for folder, names, files in os.walk(prefix):
        names[:] = [name for name in names if name not in _PASSED_OVER]
        sizes = {}
        for name in files:
            path = os.path.join(folder, name)  # noqa: PTH118 - tens of thousands of these
            if not name.endswith(_ENDINGS_PASSED_OVER) and not os.path.islink(path):  # noqa: PTH114
                sizes[name] = os.stat(path).st_size  # noqa: PTH116
        if sizes:
            found[os.path.relpath(folder, prefix)] = sizes
    (prefix / _MANIFEST).write_text(json.dumps(found), encoding="utf-8")


def is_declared_whole(prefix: Path) -> bool:
    """Whether an environment in this folder was ever finished."""
    return (prefix / _MANIFEST).exists()


def files_are_there(prefix: Path) -> bool:
    """Whether every noted file has its size; 4,000 files take about 10 ms."""
    relative = os.stat in os.supports_dir_fd
    try:
        manifest: dict[str, dict[str, int]] = json.loads((prefix / _MANIFEST).read_text(encoding="utf-8"))
        for folder, sizes in manifest.items():
            where = f"{prefix}/{folder}"
            # Looking from inside the folder spares the kernel the way there for each file.
            handle = os.open(where, os.O_RDONLY) if relative else None
            try:
                for name, size in sizes.items():
                    state = os.stat(name, dir_fd=handle) if relative else os.stat(f"{where}/{name}")  # noqa: PTH116
                    if state.st_size != size:
                        return False
            finally:
                if handle is not None:
                    os.close(handle)
    except (OSError, ValueError, AttributeError):
        return False
    return True


def damaged_distributions(packages: Path) -> tuple[str, ...]:
    """Distributions of a site-packages folder with a file that is missing or has another size than its RECORD says."""
    damaged = []
    for metadata in packages.glob("*.dist-info"):
        try:
            with (metadata / "RECORD").open(newline="", encoding="utf-8", errors="replace") as file:
                rows = [
                    row for row in csv.reader(file) if len(row) == 3 and row[2].isdigit() and not row[0].startswith(("..", "/"))
                ]
        except OSError:
            continue
        for name, _, size in rows:
            try:
                whole = os.stat(f"{packages}/{name}").st_size == int(size)  # noqa: PTH116
            except OSError:
                whole = name.endswith(".pyc")
            if not whole:
                damaged.append(normalised(metadata.name[: -len(".dist-info")].rpartition("-")[0]))
                break
    return tuple(sorted(damaged))
