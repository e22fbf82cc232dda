"""The model folder as Azure mounts it: what AZUREML_MODEL_DIR names, with exactly the files that are there on Azure."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from scoredock.project.values import ModelMount

Models = tuple[ModelMount, ...]


def model_dir(models: Models, folder: Path) -> Path | None:
    """Where AZUREML_MODEL_DIR points inside ``folder``; None when there is no model.

    One model: ``NAME/VERSION`` (the server reads a model's name and version from the path's last two parts). Several: the
    parent of them all.
    """
    if not models:
        return None
    if len(models) > 1:
        return folder
    (model,) = models
    return folder / (model.name or model.mounted_as.parts[0]) / (model.version or "1")


def lay_out(models: Models, folder: Path) -> Path | None:
    """Make ``folder`` show what the models are now, and return what AZUREML_MODEL_DIR has to be.

    Folders are real, so that ``os.walk`` goes into them; files are links to the user's own, so that nothing is copied and a
    file that is saved again is seen. What has gone is taken away.
    """
    target = model_dir(models, folder)
    if target is None:
        return None
    wanted: dict[Path, Path] = {}
    folders = {target}
    for model in models:
        if model.source is None:
            continue
        place = target / model.mounted_as
        if model.source.is_dir():
            for base, _, files in os.walk(model.source, followlinks=True):
                there = place / os.path.relpath(base, model.source)
                folders.add(Path(os.path.normpath(there)))
                for file in files:
                    wanted[Path(os.path.normpath(there / file))] = Path(base) / file
        elif model.source.exists():
            wanted[place] = model.source
    for path in (*folders, *(link.parent for link in wanted)):
        path.mkdir(parents=True, exist_ok=True)
    for link, source in wanted.items():
        _link(link, source)
    _take_away_others(folder, set(wanted), folders | {link.parent for link in wanted})
    return target


def as_json(models: Models) -> list[dict[str, str | None]]:
    """What ``lay_out`` needs of them, to be kept."""
    return [
        {
            "source": str(model.source) if model.source else None,
            "mounted_as": str(model.mounted_as),
            "name": model.name,
            "version": model.version,
        }
        for model in models
    ]


def from_json(kept: Iterable[dict[str, str | None]]) -> Models:
    return tuple(
        ModelMount(
            source=Path(model["source"]) if model["source"] else None,
            mounted_as=PurePosixPath(model["mounted_as"] or ""),
            name=model["name"],
            version=model["version"],
        )
        for model in kept
    )


def _link(link: Path, source: Path) -> None:
    if link.is_symlink() and link.readlink() == source:
        return
    new = link.with_name(link.name + ".scoredock-new")
    with contextlib.suppress(OSError):
        new.unlink()
    try:
        new.symlink_to(source)
    except OSError:  # Windows without the right to make links
        try:
            new.hardlink_to(source)
        except OSError:
            shutil.copy2(source, new)
    new.replace(link)


def _take_away_others(folder: Path, files: set[Path], folders: set[Path]) -> None:
    kept = {parent for path in folders for parent in (path, *path.parents)}
    for base, inner, names in os.walk(folder, topdown=False):
        for name in names:
            if Path(base, name) not in files:
                Path(base, name).unlink()
        for name in inner:
            path = Path(base, name)
            if path.is_symlink():
                path.unlink()
            elif path not in kept:
                path.rmdir()
