"""The cache as its owner sees it: what is there, how big it is, what can go."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from scoredock.environment import store
from scoredock.environment.at_work import end_compilers, in_use
from scoredock.environment.values import EnvironmentProblem
from scoredock.l10n import t


@dataclass(frozen=True, slots=True)
class CachedEnvironment:
    """An environment in the cache. ``size`` is what its files hold, ``frees`` what removing it gives back (files that are
    hard links into uv's cache give nothing), both in bytes; times are seconds since the epoch."""

    key: str
    prefix: Path
    python_version: str
    strategy: str
    described_by: str
    made_at: float
    used_at: float
    size: int
    frees: int
    complete: bool
    in_use: bool


def cached_environments(*, sizes: bool = True) -> tuple[CachedEnvironment, ...]:
    """Every environment in the cache, the one used last first. ``sizes`` costs a look at every file."""
    found = []
    for path in store.root().glob("*.json"):
        record = store.read_record(path.stem)
        if record is None:
            continue
        try:
            touched = path.stat().st_mtime
        except FileNotFoundError:
            continue  # removed by somebody else meanwhile
        prefix = store.root() / record.folder
        size, frees = folder_size(prefix) if sizes else (0, 0)
        found.append(
            CachedEnvironment(
                key=record.key,
                prefix=prefix,
                python_version=record.python_version,
                strategy=record.strategy,
                described_by=record.described_by,
                made_at=record.made_at,
                used_at=max(record.made_at, touched),
                size=size,
                frees=frees,
                complete=store.ready(record.key) is not None,
                in_use=in_use(prefix),
            )
        )
    return tuple(sorted(found, key=lambda item: -item.used_at))


def remove(key: str, *, forget_versions: bool = False) -> CachedEnvironment:
    """Remove an environment, given its key or the beginning of one; refuses while something runs from it.

    Its resolved versions stay, so that the next sync of the same file gives the same; ``forget_versions`` drops them.
    """
    matches = [item for item in cached_environments() if item.key.startswith(key)]
    if len(matches) != 1:
        what = (
            t("{0} environments in the cache begin with '{1}'.", len(matches), key)
            if matches
            else t("No environment in the cache begins with '{0}'.", key)
        )
        raise EnvironmentProblem(what, t("'scoredock env list' shows their keys."))
    found = matches[0]
    if found.in_use:
        raise EnvironmentProblem(
            t("The environment {0} is in use by a running process.", found.key), t("Stop its services first.")
        )
    with _locked(found.key) as free:
        if not free:
            raise EnvironmentProblem(t("The environment {0} is being synced.", found.key), t("Wait until that is done."))
        _delete(found.key)
    if forget_versions:
        store.lock_path(found.key).unlink(missing_ok=True)
    return found


def prune(*, unused_for_days: float = 30) -> tuple[CachedEnvironment, ...]:
    """Remove what was not used for so many days and is not in use now, and everything that killed syncs have left."""
    limit = time.time() - unused_for_days * 86400
    removed = []
    for item in cached_environments():
        if item.complete and (item.used_at > limit or item.in_use):
            continue
        with _locked(item.key) as free:
            if free:
                _delete(item.key)
                removed.append(item)
    for key in {folder.name.rpartition("-")[0] for folder in store.root().glob("*-*") if folder.is_dir()}:
        with _locked(key) as free:
            if free:
                store.sweep(key)
    return tuple(removed)


def touch(key: str) -> None:
    """Note that an environment was used just now; a cache that cannot be written stays as it is."""
    try:
        os.utime(store.root() / f"{key}.json")
    except OSError:
        return


def folder_size(folder: Path) -> tuple[int, int]:
    """Bytes in a folder, and those of them that no other link holds. Files may come and go meanwhile."""
    size = alone = 0
    for parent, _, files in os.walk(folder):
        for name in files:
            try:
                state = os.lstat(os.path.join(parent, name))  # noqa: PTH118 - tens of thousands of these
            except FileNotFoundError:
                continue  # bytecode is written under another name and renamed: 'env list' failed beside a service that compiled
            size += state.st_size
            alone += state.st_size if state.st_nlink == 1 else 0
    return size, alone


class _locked:  # noqa: N801 - reads as a word: with _locked(key)
    """The lock of a key if it is free now; the value says whether it is held."""

    def __init__(self, key: str) -> None:
        (store.root() / ".locks").mkdir(parents=True, exist_ok=True)
        self.lock = FileLock(store.root() / ".locks" / f"{key}.lock")

    def __enter__(self) -> bool:
        try:
            self.lock.acquire(blocking=False)
        except Timeout:
            return False
        return True

    def __exit__(self, *_: object) -> None:
        self.lock.release()


def _delete(key: str) -> None:
    # The record goes first: from then on nobody finds the environment, however long the rest takes.
    record = store.read_record(key)
    (store.root() / f"{key}.json").unlink(missing_ok=True)
    if record is not None:
        end_compilers(store.root() / record.folder)
    store.sweep(key)
