"""Finds out what an installation changed. Runs inside an image, with the Python there (3.7 on): the standard library alone.

Docker's classic builder has no mounts, so a build that must leave nothing of itself behind has two stages, and from the first
to the second only whole folders can be copied. Called before the installation, this notes what is there; called after it, it
copies what is new or changed into a folder of its own, and lists beside it what is gone.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path


def states(prefix: Path) -> dict[str, list[int]]:
    """Every file below a folder, with what changes when the file does."""
    found = {}
    for folder, _, files in os.walk(prefix):
        for name in files:
            path = os.path.join(folder, name)  # noqa: PTH118 - tens of thousands of these
            state = os.lstat(path)
            found[path] = [state.st_size, state.st_mtime_ns, state.st_ctime_ns]
    return found


def main(prefix: Path, changes: Path) -> None:
    notes, gone = changes.with_name("before.json"), changes.with_name("gone")
    now = states(prefix)
    if not notes.exists():
        notes.write_text(json.dumps(now), encoding="utf-8")
        return
    before = json.loads(notes.read_text(encoding="utf-8"))
    for path in [path for path, state in now.items() if before.get(path) != state]:
        _copy(path, changes)
    gone.write_text("".join(f"{path}\n" for path in sorted(set(removed(before, now)))), encoding="utf-8")
    _copy(str(gone), changes)


def _copy(path: str, changes: Path) -> None:
    target = Path(f"{changes}{path}")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(path, str(target), follow_symlinks=False)


def removed(before: dict[str, list[int]], now: dict[str, list[int]]) -> Iterator[str]:
    """What is there no longer: a whole folder instead of each file in it, where that is gone too."""
    for file in before:
        if file not in now:
            path = Path(file)
            while not path.parent.exists():
                path = path.parent
            yield str(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
