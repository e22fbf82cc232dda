"""What the registry writes down about each version, as one JSON file that is complete or not there."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scoredock.l10n import t
from scoredock.models.copying import Sealed
from scoredock.models.values import ModelDamaged

FORM = 1  # of the record; a reader that does not know a later one says so


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """One version of a registered model.

    ``home`` is the version's folder, ``entry`` the name of the one file or folder in it. ``kind`` is the class or format that the
    file itself names. Times are ISO 8601 in UTC, ``size`` is in bytes.
    """

    name: str
    version: str
    home: str
    entry: str
    is_folder: bool
    size: int
    files: int
    sha256: str
    created: str
    modified: str
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    framework: str | None = None
    framework_version: str | None = None
    kind: str = ""
    cpu: float | None = None
    memory_in_gb: float | None = None
    gpu: int | None = None
    has_sample_input: bool = False
    deleted: bool = False

    @property
    def path(self) -> Path:
        """The file or folder as a service mounts it."""
        return Path(self.home, self.entry)

    @property
    def reference(self) -> str:
        """As deployment files write it."""
        return f"azureml:{self.name}:{self.version}"

    @property
    def id(self) -> str:
        """As SDK v1 writes it."""
        return f"{self.name}:{self.version}"


PLAIN = tuple(name for name in RegisteredModel.__slots__ if name not in {"home", "deleted", "name", "version"})


def as_json(model: RegisteredModel) -> dict[str, Any]:
    """The record without what its place on the disk says."""
    return {"form": FORM, **{name: getattr(model, name) for name in PLAIN}}


def from_json(record: Any, name: str, version: str, home: str, *, deleted: bool = False) -> RegisteredModel:
    """The record read back; raises `ModelDamaged` when it is not one."""
    if not isinstance(record, dict) or not isinstance(record.get("entry"), str) or not record["entry"]:
        raise ModelDamaged(
            t("The record of {0} {1} is damaged.", name, version), t("Register the model again under a new version.")
        )
    if record.get("form") != FORM:
        raise ModelDamaged(t("The record of {0} {1} was written by a later Scoredock.", name, version), t("Update Scoredock."))
    entry = record["entry"]
    if "/" in entry or "\\" in entry or entry in {".", ".."}:
        raise ModelDamaged(t("The record of {0} {1} points outside the registry.", name, version), t("Register the model again."))
    known = {key: record[key] for key in PLAIN if key in record}
    if not all(isinstance(known.get(key, {}), dict) for key in ("tags", "properties")) or not isinstance(known.get("size"), int):
        raise ModelDamaged(t("The record of {0} {1} is damaged.", name, version), t("Register the model again."))
    try:
        return RegisteredModel(name=name, version=version, home=home, deleted=deleted, **known)
    except TypeError as missing:
        raise ModelDamaged(t("The record of {0} {1} is damaged.", name, version), t("Register the model again.")) from missing


def seals_as_json(files: tuple[Sealed, ...]) -> list[list[Any]]:
    return [[file.path, file.size, file.sha256, file.changed] for file in files]


def seals_from_json(value: Any) -> tuple[Sealed, ...]:
    """Raises `ValueError` when it is not what `seals_as_json` made."""
    try:
        return tuple(Sealed(str(path), int(size), str(digest), int(changed)) for path, size, digest, changed in value)
    except TypeError as wrong:
        raise ValueError(str(wrong)) from wrong


def write_json(path: Path, value: Any, *, lasting: bool = True) -> None:
    """Write a JSON file so that a reader sees all of it or what was there before, also after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with beside.open("w", encoding="utf-8") as file:
            json.dump(value, file, separators=(",", ":"), ensure_ascii=False)
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def read_json(path: Path) -> Any:
    """The content of a JSON file; raises `ValueError` for one that is none and `OSError` as it comes."""
    return json.loads(path.read_bytes())
