"""What a script turned out to load: given to the next start, which imports it before the first fork.

Unpickling a model loads libraries that the script never names. A hint, not a truth: losing it costs one slow update.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

from scoredock.folders import state_folder


def _file(entry_script: Path | str | None, environment_key: str) -> Path:
    key = hashlib.sha256(f"{entry_script}:{environment_key}".encode()).hexdigest()[:24]
    return state_folder() / "services" / ".libraries" / f"{key}.json"


def remembered(entry_script: Path | str | None, environment_key: str) -> tuple[str, ...]:
    """The names of the modules, () when nothing is known."""
    try:
        return tuple(json.loads(_file(entry_script, environment_key).read_bytes()))
    except (OSError, ValueError):
        return ()


def remember(entry_script: Path | str | None, environment_key: str, seen: Iterable[str]) -> None:
    """Add to what is known."""
    found = sorted({*remembered(entry_script, environment_key), *seen})
    if not found:
        return
    file = _file(entry_script, environment_key)
    new = file.with_name(f"{file.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(json.dumps(found), encoding="utf-8")
        new.replace(file)
