"""A quick list of all versions: the records are the truth, and a cache saves reading those that have not changed.

Ten thousand records are ten thousand small files. Looking at their sizes and times takes some 30 ms, reading them all
half a second; so what was read is kept in the cache folder, by size, time of change and inode of each record.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from scoredock.folders import cache_folder
from scoredock.models.layout import RECORD, Shelf, is_record
from scoredock.models.names import NAME
from scoredock.models.records import RegisteredModel, from_json, read_json, write_json
from scoredock.models.values import ModelDamaged

WORTH_KEEPING = 50  # records read anew
FORM = 1


def read_all(root: Path, shelf: Shelf, *, deleted: bool = False) -> list[RegisteredModel]:
    """All versions on a shelf, in no order. A record that cannot be read is left out: `Registry.get` says what is wrong."""
    cache = _cache_file(root, deleted)
    kept = _kept(cache)
    fresh: dict[str, list[Any]] = {}
    anew = 0
    found: list[RegisteredModel] = []
    contents = str(shelf.contents)
    for key, name, version, path, mark in _records(shelf.records):
        entry = kept.get(key)
        if entry is not None and entry[0] == mark:
            record = entry[1]
        else:
            try:
                record = read_json(Path(path))
            except (OSError, ValueError):
                continue
            anew += 1
        try:
            found.append(from_json(record, name, version, f"{contents}{os.sep}{name}{os.sep}{version}", deleted=deleted))
        except ModelDamaged:
            continue
        fresh[key] = [mark, record]
    if anew > WORTH_KEEPING or len(kept) > 2 * len(fresh) + WORTH_KEEPING:
        with suppress(OSError):  # a cache that cannot be written costs time, nothing else
            write_json(cache, {"form": FORM, "records": fresh}, lasting=False)
    return found


def _cache_file(root: Path, deleted: bool) -> Path:
    key = hashlib.sha256(os.fsencode(root.absolute())).hexdigest()[:16]
    return cache_folder() / "models" / f"{key}{'-deleted' if deleted else ''}.json"


def _kept(cache: Path) -> dict[str, list[Any]]:
    try:
        value = read_json(cache)
    except (OSError, ValueError):
        return {}
    entries = value.get("records") if isinstance(value, dict) and value.get("form") == FORM else None
    return entries if isinstance(entries, dict) else {}


def _records(folder: Path) -> Iterator[tuple[str, str, str, str, list[int]]]:
    """Key, name, version, path and mark of each record."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if NAME.fullmatch(entry.name) and entry.is_dir()]
    except OSError:
        return
    for name in names:
        # Nobody waits for a lock to look: another process may delete a version, or the last one of a name, at any moment.
        try:
            with os.scandir(folder / name) as entries:
                found = [entry for entry in entries if is_record(entry.name)]
        except FileNotFoundError:
            continue
        for entry in found:
            try:
                status = entry.stat()
            except FileNotFoundError:
                continue
            mark = [status.st_mtime_ns, status.st_size, status.st_ino]
            yield f"{name}/{entry.name}", name, entry.name.removesuffix(RECORD), entry.path, mark
