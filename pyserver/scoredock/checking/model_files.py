"""What a project's model files say of themselves, as remarks for whoever loads them."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from scoredock.contract.facts import EnvironmentFacts, ModelRemark
from scoredock.finding import Finding, Place
from scoredock.project.values import ModelMount, Project

if TYPE_CHECKING:
    from scoredock.models.values import ModelFile

# Files that may be models, by the names that people give them; what they are is then read from their bytes.
SUFFIXES = (
    *(".pkl", ".pickle", ".joblib", ".sav", ".dill", ".cloudpickle", ".skops", ".onnx", ".pt", ".pth", ".h5", ".keras"),
    *(".npy", ".npz", ".bst", ".ubj", ".cbm", ".safetensors"),
)
# A folder of checkpoints may hold hundreds; the first few say enough.
MOST_FILES = 12
# Beyond this a check would keep an editor waiting; a file that takes longer is told of as far as it was read.
SECONDS = 2.0


def remarks(project: Project, environment: EnvironmentFacts | None) -> tuple[ModelRemark, ...]:
    """Everything to be said of the files that the project mounts and that are on this machine."""
    from scoredock.models.findings import model_findings

    found: list[ModelRemark] = []
    shipped = _shipped(project)
    for path, file in model_files(project):
        model = _inspected(file)
        if model is None:
            continue
        for finding in model_findings(model, Place(file), environment, loaded=True, shipped=shipped):
            found.append(ModelRemark(path, finding.code, finding.name, finding.severity, finding.message))
    return tuple(found)


def made_with(project: Project) -> tuple[tuple[str, str], ...]:
    """Distribution -> version, where all the model files that name one name the same."""
    versions: dict[str, set[str]] = {}
    for _, file in model_files(project):
        model = _inspected(file)
        for made in model.made_with if model is not None else ():
            versions.setdefault(made.distribution, set()).add(made.version)
    return tuple((name, min(found)) for name, found in sorted(versions.items()) if len(found) == 1)


def mount_findings(project: Project, environment: EnvironmentFacts | None) -> tuple[Finding, ...]:
    """The same on the lines that mount the models; softer, as nothing says there that the file is loaded."""
    from scoredock.models.findings import model_findings

    found: list[Finding] = []
    shipped = _shipped(project)
    for mount in project.models:
        for _, file in _files_of(mount)[:MOST_FILES] if mount.place is not None else ():
            model = _inspected(file)
            if model is not None and mount.place is not None:
                found.extend(model_findings(model, mount.place, environment, shipped=shipped))
    return tuple(found)


def model_files(project: Project) -> list[tuple[PurePosixPath, Path]]:
    """Model files with their paths below AZUREML_MODEL_DIR."""
    found: list[tuple[PurePosixPath, Path]] = []
    for mount in project.models:
        found.extend(_files_of(mount))
    return found[:MOST_FILES]


def _files_of(mount: ModelMount) -> list[tuple[PurePosixPath, Path]]:
    source = mount.source
    if source is None or not source.exists():
        return []
    if source.is_file():
        return [(mount.mounted_as, source)]
    found = []
    for folder, names, files in os.walk(source):
        names.sort()
        for name in sorted(files):
            if name.lower().endswith(SUFFIXES):
                file = Path(folder, name)
                found.append((mount.mounted_as / file.relative_to(source).as_posix(), file))
        if len(found) >= MOST_FILES:
            break
    return found


def _shipped(project: Project) -> frozenset[str]:
    """Names of the modules that lie on the service's path beside the script: a pickle may need them, no package brings them."""
    names: set[str] = set()
    for root in {project.code, *project.import_roots}:
        try:
            entries = os.listdir(root)  # noqa: PTH208 (names are wanted, not paths)
        except OSError:
            continue
        names.update(entry.removesuffix(".py") for entry in entries)
    return frozenset(names)


def _inspected(file: Path) -> ModelFile | None:
    try:
        state = file.stat()
    except OSError:
        return None
    return _read(file, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=64)
def _read(file: Path, _changed: int, _size: int) -> ModelFile | None:
    from scoredock.models import inspect
    from scoredock.models.values import Limits, ModelProblem

    try:
        return inspect(file, Limits(seconds=SECONDS))
    except ModelProblem:
        return None
