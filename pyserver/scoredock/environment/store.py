"""The cache of environments on disk.

``cache/environments/KEY.json`` says that the environment KEY is complete and in which folder it lies; it is written
last and replaced atomically, so an environment without it does not exist. Environments are built in place, under a
folder name that is used once (virtual environments and conda prefixes carry their own path inside), which is why a
build that was killed leaves a folder that nothing points at, and nothing else: the next sync of that key sweeps it.
A lock file for each key lets two syncs at once do the work once; it is held by the process, so it dies with it.

Locks (resolved versions) are kept under the data folder: cleaning a cache must not change next month's versions.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from scoredock.environment.at_work import groups_at_work, in_use
from scoredock.environment.integrity import files_are_there, is_declared_whole, write_manifest
from scoredock.environment.uv import end_group
from scoredock.environment.values import EnvironmentProblem, Note, ReadyEnvironment, ServerPackage, Strategy
from scoredock.folders import cache_folder, data_folder
from scoredock.l10n import t
from scoredock.progress import Progress, Step

_LOCK_COPY = Path(".scoredock") / "lock.txt"


@dataclass(frozen=True, slots=True)
class Record:
    """What ``KEY.json`` says. ``folder`` is relative to the cache, ``interpreter`` and ``packages`` to that folder.

    ``top_level`` are the names in site-packages; a difference shows damage without reading further. ``made_at`` is
    seconds since the epoch.
    """

    key: str
    folder: str
    interpreter: str
    packages: str
    python_version: str
    strategy: str
    server_version: str | None
    server_added: bool
    notes: tuple[Note, ...]
    top_level: tuple[str, ...]
    described_by: str
    made_at: float


def root() -> Path:
    """The folder of all environments (links resolved: the path ends up inside what is installed)."""
    return cache_folder().resolve() / "environments"


def lock_path(key: str) -> Path:
    """Where the resolved versions of an environment are kept."""
    return data_folder() / "environments" / "locks" / f"{key}.txt"


def read_record(key: str) -> Record | None:
    """The record of a key; ``None`` when there is none that can be read."""
    try:
        content: dict[str, Any] = json.loads((root() / f"{key}.json").read_text(encoding="utf-8"))
        notes = tuple(map(_note, content["notes"]))
        return Record(**content | {"notes": notes, "top_level": tuple(content["top_level"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _note(kept: str | dict[str, Any]) -> Note:
    """A note as it was kept; earlier versions kept whole sentences."""
    if isinstance(kept, str):
        return Note(kept)
    values = tuple(value if isinstance(value, str) else _note(value) for value in kept["values"])
    return Note(kept["text"], values, kept["opens"])


def ready(key: str, *, deep: bool = False) -> ReadyEnvironment | None:
    """The environment of a key if it is complete on disk, else ``None``.

    The quick look (under a millisecond) compares the interpreter and the names in site-packages; the deep one every
    file that a program may read with its size.
    """
    record = read_record(key)
    if record is None:
        return None
    prefix = root() / record.folder
    interpreter = prefix / record.interpreter
    if not os.access(interpreter, os.X_OK) or top_level(prefix / record.packages) != record.top_level:
        return None
    if deep and not files_are_there(prefix):
        return None
    return _environment(record)


def left_by(key: str) -> ReadyEnvironment | None:
    """The environment of a key as it lies there, whole or not: to say how it differs, never to run."""
    record = read_record(key)
    return _environment(record) if record and (root() / record.folder).is_dir() else None


def _environment(record: Record) -> ReadyEnvironment:
    prefix = root() / record.folder
    server = ServerPackage(record.server_version, record.server_added) if record.server_version else None
    return ReadyEnvironment(
        key=record.key,
        prefix=prefix,
        interpreter=prefix / record.interpreter,
        python_version=record.python_version,
        strategy=Strategy(record.strategy),
        server=server,
        lock=next((path for path in (lock_path(record.key), prefix / _LOCK_COPY) if path.exists()), None),
        notes=tuple(map(str, record.notes)),
    )


def packages_of_others(record: Record) -> tuple[Path, ...]:
    """The site-packages folders of complete environments of the same minor version of Python, the newest first."""
    minor = record.python_version.split(".")[:2]
    others = [other for path in root().glob("*.json") if (other := read_record(path.stem)) and other.folder != record.folder]
    fitting = [other for other in others if other.python_version.split(".")[:2] == minor]
    return tuple(root() / other.folder / other.packages for other in sorted(fitting, key=lambda other: -other.made_at))


def top_level(packages: Path) -> tuple[str, ...]:
    """Names in a site-packages folder, without what running Python adds."""
    try:
        return tuple(sorted(name for name in os.listdir(packages) if name != "__pycache__"))  # noqa: PTH208
    except OSError:
        return ()


@asynccontextmanager
async def held(key: str, progress: Progress) -> AsyncIterator[None]:
    """Hold the lock of a key; waiting can be cancelled. A process that dies lets go of it."""
    folder = root() / ".locks"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / f"{key}.lock")
        waiting = False
        while True:
            try:
                lock.acquire(blocking=False)
                break
            except Timeout:
                if not waiting:
                    progress(Step(t("Waiting for another sync of this environment")))
                waiting = True
                await asyncio.sleep(0.05)
    except OSError as error:
        raise unwritable(error) from None
    try:
        yield
    finally:
        lock.release()


def unwritable(error: OSError) -> EnvironmentProblem:
    """The sentence for a cache folder that cannot be written to."""
    return EnvironmentProblem(
        t("The cache folder {0} cannot be written: {1}.", root(), error.strerror or error),
        t("Make it writable, or set SCOREDOCK_HOME to a folder that is."),
    )


def new_folder(key: str) -> Path:
    """A fresh folder for a build, under a name that was never used."""
    folder = root() / f"{key}-{secrets.token_hex(4)}"
    try:
        (folder / ".scoredock").mkdir(parents=True)
    except OSError as error:
        raise unwritable(error) from None
    return folder


def complete(record: Record, lock_text: str) -> ReadyEnvironment:
    """Declare a build complete: lock and manifest first, then, in one step, the record."""
    prefix = root() / record.folder
    write_manifest(prefix)
    (prefix / _LOCK_COPY).write_text(lock_text, encoding="utf-8")
    lock_path(record.key).parent.mkdir(parents=True, exist_ok=True)
    write_atomically(lock_path(record.key), lock_text)
    write_atomically(root() / f"{record.key}.json", json.dumps(asdict(record), indent=1))
    made = ready(record.key)
    if made is None:
        raise EnvironmentProblem(t("The environment changed while it was being made."), t("Sync it again."))
    return made


def write_atomically(path: Path, text: str) -> None:
    """Replace a file in one step, so that a reader or a crash sees the old text or the new one, whole."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with beside.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def sweep(key: str) -> None:
    """Remove what killed builds of a key have left, and end children of theirs that still run; needs the lock of the key."""
    record = read_record(key)
    for folder in root().glob(f"{key}-*"):
        if record is not None and folder.name == record.folder:
            continue
        if is_declared_whole(folder):
            # Complete, but replaced by a later one: a service may still be running from it.
            if in_use(folder):
                continue
        else:
            for process in groups_at_work(folder):
                end_group(process)
        remove_folder(folder)
    for file in (*root().glob(f".{key}.json.*"), *lock_path(key).parent.glob(f".{key}.txt.*")):
        file.unlink(missing_ok=True)


def remove_folder(folder: Path) -> None:
    """Delete a folder of ours; what cannot be deleted now is left for the next sweep."""
    shutil.rmtree(folder, ignore_errors=True)
