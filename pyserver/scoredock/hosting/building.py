"""Services whose environment is being made: nothing of them runs yet, but other commands see that somebody is at it.

services/.building/NAME.json     written by the command that makes it, removed when it has; who was killed counts for nothing
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scoredock.folders import state_folder
from scoredock.hosting import process_table
from scoredock.hosting.values import Service, State, Target
from scoredock.project.values import Project


def _folder() -> Path:
    return state_folder() / "services" / ".building"


@contextmanager
def shown(name: str, target: Target, project: Project) -> Iterator[None]:
    """Let ``under_way`` tell of it meanwhile."""
    file = _folder() / f"{name}.json"
    content = {
        "pid": os.getpid(),
        "target": target,
        "project_file": str(project.file),
        "entry_script": str(project.entry_script or ""),
        "started_at": time.time(),
    }
    with contextlib.suppress(OSError):  # where nothing can be written, the deploy itself says so
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content), encoding="utf-8")
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            file.unlink()


def under_way() -> tuple[Service, ...]:
    """All of them, by name. They have no port yet."""
    found = []
    for file in sorted(_folder().glob("*.json")):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            content = json.loads(file.read_bytes())
            identity = process_table.alive(int(content["pid"]), file.stat().st_mtime)
            if identity is None:
                continue
            found.append(
                Service(
                    name=file.stem,
                    target=content["target"],
                    state=State.BUILDING,
                    port=0,
                    project_file=Path(content["project_file"]),
                    entry_script=Path(content["entry_script"]),
                    environment_key="",
                    started_at=float(content["started_at"]),
                    identity=str(identity),
                )
            )
    return tuple(found)
