"""What becomes a new version on its way into the registry: is it a model, its copy, and what is to be written down of it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from threading import Event, Lock

from scoredock.l10n import t
from scoredock.models.copying import Advance, Sealed, can_clone, copy_model, tree_digest, walk
from scoredock.models.records import RegisteredModel
from scoredock.models.values import ModelProblem
from scoredock.progress import Progress, Step


@dataclass(frozen=True, slots=True)
class About:
    """What the user says of a model when registering it."""

    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    framework: str | None = None
    framework_version: str | None = None
    cpu: float | None = None
    memory_in_gb: float | None = None
    gpu: int | None = None
    sample_input: Path | None = None  # a request, as JSON


NOTHING = About()


def check_source(source: Path, registry: Path) -> None:
    """Raise for what is no model, or would hold the registry itself."""
    if not source.exists():
        raise ModelProblem(t("There is no file or folder {0}.", source), t("Check the path of the model."))
    if source.is_file() and not source.stat().st_size:
        raise ModelProblem(t("The file {0} is empty.", source), t("Save the model again, then register it."))
    inside = registry.resolve()
    if inside == source.resolve() or source.resolve() in inside.parents:
        raise ModelProblem(t("{0} contains the registry itself.", source), t("Register the model's own folder."))


def copied_in(source: Path, staging: Path, registry: Path, progress: Progress) -> tuple[Sealed, ...]:
    """Copy a model into a folder of the registry, where there is room for it."""
    total = sum(file.stat().st_size for file, _ in walk(source))
    free = shutil.disk_usage(staging).free
    if total > free and not can_clone(staging):
        raise ModelProblem(
            t("There is no room for the model: it takes {0}, and {1} has {2} left.", _size(total), registry, _size(free)),
            t("Free some space, or choose another folder for the registry."),
        )
    seals = copy_model(source, staging, advance_of(progress, total, source.name), Event())
    if source.is_dir() and not seals:
        raise ModelProblem(t("The folder {0} is empty.", source), t("Register a folder with a model in it."))
    return seals


def advance_of(progress: Progress, total: int, detail: str) -> Advance:
    """A listener for copied bytes that tells ``progress``."""
    done, lock = 0, Lock()
    what = t("Copying the model")
    progress(Step(what, detail, 0, total, "bytes"))

    def advance(count: int) -> None:
        nonlocal done
        with lock:  # two threads copy
            done += count
            progress(Step(what, detail, done, total, "bytes"))

    return advance


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def described(path: Path, name: str, version: str, seals: tuple[Sealed, ...], about: About) -> RegisteredModel:
    """The record of a new version; what the file says of itself comes from reading it."""
    from scoredock.models.reading import inspect

    told = inspect(path)
    moment = now()
    return RegisteredModel(
        name=name,
        version=version,
        home=str(path.parent),
        entry=path.name,
        is_folder=path.is_dir(),
        size=sum(seal.size for seal in seals),
        files=len(seals),
        sha256=tree_digest(seals),
        created=moment,
        modified=moment,
        description=about.description,
        tags=dict(about.tags),
        properties=dict(about.properties),
        framework=about.framework,
        framework_version=about.framework_version,
        kind=told.root or told.format.value,
        cpu=about.cpu,
        memory_in_gb=about.memory_in_gb,
        gpu=about.gpu,
        has_sample_input=about.sample_input is not None,
    )


def now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
