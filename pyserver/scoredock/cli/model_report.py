"""What is printed of a model: one JSON document, or lines for people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scoredock.models.records import RegisteredModel
    from scoredock.models.values import ModelFile


def as_json(model: RegisteredModel, path: Path | None = None) -> dict[str, Any]:
    return {
        "name": model.name,
        "version": model.version,
        "reference": model.reference,
        "path": str(path or model.path),
        "size": model.size,
        "files": model.files,
        "sha256": model.sha256,
        "created": model.created,
        "modified": model.modified,
        "description": model.description,
        "tags": dict(model.tags),
        "properties": dict(model.properties),
        "framework": model.framework,
        "framework_version": model.framework_version,
        "kind": model.kind,
        "deleted": model.deleted,
    }


def facts_json(told: ModelFile) -> dict[str, Any]:
    from dataclasses import asdict

    return {**asdict(told), "path": str(told.path), "packages": told.packages}


def print_facts(told: ModelFile) -> None:
    compressed = f", {told.compression}" if told.compression else ""
    print(f"  file         {told.path.name}: {told.format.value}{compressed}, {size_of(told.size)}")
    made_with = ", ".join(f"{made.distribution} {made.version}" for made in told.made_with)
    for title, value in (
        ("class", told.root or ""),
        ("made with", made_with + (f"{', ' if made_with else ''}numpy {told.numpy_major}" if told.numpy_major else "")),
        ("needs", ", ".join(told.packages)),
        ("takes", f"{told.n_features} features" if told.n_features else ""),
        ("columns", ", ".join(told.feature_names)),
        ("answers", ", ".join(map(str, told.classes))),
        ("protocol", str(told.protocol) if told.protocol else ""),
        ("of __main__", ", ".join(told.main_classes)),
        ("beside it", ", ".join(told.companions)),
    ):
        if value:
            print(f"  {title:<12} {value if len(value) <= 300 else value[:299] + '…'}")
    for note in told.notes:
        print(f"  {note}")
    for one in told.suspicious:
        where = f" in {one.inside}" if one.inside else ""
        print(f"  warning: loading it {'calls' if one.called else 'names'} {one.name}{where}, which {one.why}")
    if told.problem:
        print(f"  problem: {told.problem}")


def tags_of(model: RegisteredModel) -> str:
    return ", ".join(f"{key}={value}" if value else key for key, value in model.tags.items())


def size_of(count: int) -> str:
    amount = float(count)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"
