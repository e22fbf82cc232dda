"""What a script will load without naming it: given to the start, which imports it before the first fork.

Unpickling a model loads libraries that the script never names. A hint, not a truth: losing it costs one slow update.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

from scoredock.folders import state_folder
from scoredock.models.values import Limits, ModelProblem
from scoredock.project.values import Project

READING = 1.0  # seconds that one model may take
_NEVER = frozenset(("__main__", "__builtin__", "builtins", "copy_reg"))


def _file(entry_script: Path | str | None, environment_key: str) -> Path:
    key = hashlib.sha256(f"{entry_script}:{environment_key}".encode()).hexdigest()[:24]
    return state_folder() / "services" / ".libraries" / f"{key}.json"


def remembered(entry_script: Path | str | None, environment_key: str) -> tuple[str, ...]:
    """The names of the modules, () when nothing is known."""
    try:
        return tuple(json.loads(_file(entry_script, environment_key).read_bytes()))
    except (OSError, ValueError):
        return ()


async def for_start(project: Project, environment_key: str) -> tuple[str, ...]:
    """What to import before the first fork: what an earlier run turned out to load, or else what the model files name.

    Reading a model takes milliseconds and unpickles nothing. Without it the first worker would import scikit-learn for
    itself, and the arbiter once more for the next.
    """
    known = remembered(project.entry_script, environment_key)
    return known or await asyncio.to_thread(_named_by_models, project)


def _named_by_models(project: Project) -> tuple[str, ...]:
    from scoredock.models.reading import inspect

    found: list[str] = []
    for model in project.models:
        with contextlib.suppress(ModelProblem, OSError):
            told = inspect(model.source, Limits(seconds=READING)) if model.source is not None else None
            if told is not None and not told.suspicious:
                found.extend(name for name in told.modules if name not in _NEVER)
    return tuple(dict.fromkeys(found))


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
