"""Models that are folders: MLflow's, TensorFlow's, or any folder with a model file in it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from scoredock.l10n import t
from scoredock.models.values import Format, Limits, MadeWith, ModelFile

MAX_FILES = 20_000
MAX_YAML = 1024 * 1024
SUFFIXES = frozenset({
    ".pkl", ".pickle", ".joblib", ".sav", ".p", ".model", ".skops", ".onnx", ".safetensors", ".pt", ".pth", ".bin",
    ".keras", ".h5", ".hdf5", ".ubj", ".cbm", ".npy", ".npz", ".z", ".gz", ".bz2", ".xz", ".lzma", ".lz4",
})  # fmt: skip
# How MLflow's flavours name the version of their library (mlflow/<flavour>/__init__.py).
LIBRARIES = {
    "sklearn_version": "scikit-learn", "xgb_version": "xgboost", "lgb_version": "lightgbm", "catboost_version": "catboost",
    "keras_version": "keras", "pytorch_version": "torch", "tensorflow_version": "tensorflow", "onnx_version": "onnx",
    "statsmodels_version": "statsmodels", "transformers_version": "transformers", "prophet_version": "prophet",
    "cloudpickle_version": "cloudpickle", "spacy_version": "spacy",
}  # fmt: skip


def files_of(folder: Path) -> Iterator[Path]:
    """The files below a folder in a stable order, symbolic links to folders not followed; only so many."""
    count = 0
    for here, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            count += 1
            if count > MAX_FILES:
                return
            yield Path(here) / name


def inspect_folder(folder: Path, limits: Limits) -> ModelFile:
    from scoredock.models.reading.inspecting import inspect

    files = list(files_of(folder))
    size = sum(file.stat().st_size for file in files if file.is_file())
    blank = ModelFile(folder, Format.FOLDER, size)
    if (folder / "MLmodel").is_file():
        return _mlflow(replace(blank, format=Format.MLFLOW), folder, limits)
    if (folder / "saved_model.pb").is_file():
        return replace(blank, format=Format.SAVED_MODEL, modules=("tensorflow",))
    if not files:
        return replace(blank, complete=False, problem=t("The folder {0} is empty.", folder.name))
    models = [file for file in files if file.suffix.lower() in SUFFIXES]
    found = blank
    for file in models[:20]:
        found = _with_part(found, inspect(file, limits), folder, alone=len(models) == 1)
    return found


def _with_part(found: ModelFile, part: ModelFile, folder: Path, *, alone: bool) -> ModelFile:
    """``found`` with what a file inside it says; of a file that is the only model also what the model takes and answers."""
    inside = part.path.relative_to(folder).as_posix()
    suspicious = tuple(replace(one, inside=f"{inside}/{one.inside}" if one.inside else inside) for one in part.suspicious)
    merged = replace(
        found,
        protocol=max(found.protocol or 0, part.protocol or 0) or None,
        modules=tuple(sorted({*found.modules, *part.modules})),
        classes_used=tuple(dict.fromkeys(found.classes_used + part.classes_used)),
        made_with=tuple(dict.fromkeys(found.made_with + part.made_with)),
        numpy_major=max(found.numpy_major or 0, part.numpy_major or 0) or None,
        main_classes=tuple(sorted({*found.main_classes, *part.main_classes})),
        suspicious=found.suspicious + suspicious,
        notes=tuple(dict.fromkeys(found.notes + part.notes)),
        complete=found.complete and part.complete,
        problem=found.problem or part.problem,
        out_of_time=found.out_of_time or (part.out_of_time and not found.problem),
    )
    if not alone:
        return merged
    return replace(
        merged,
        root=found.root or part.root,
        n_features=found.n_features or part.n_features,
        feature_names=found.feature_names or part.feature_names,
        classes=found.classes or part.classes,
    )


def _mlflow(blank: ModelFile, folder: Path, limits: Limits) -> ModelFile:
    import yaml

    from scoredock.models.reading.inspecting import inspect

    unreadable = replace(blank, complete=False, problem=t("The file MLmodel in {0} cannot be read.", folder.name))
    try:
        if (folder / "MLmodel").stat().st_size > MAX_YAML:
            return unreadable
        described = yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError):
        return unreadable
    flavors = described.get("flavors") if isinstance(described, dict) else None
    if not isinstance(flavors, dict):
        return unreadable
    function = flavors.get("python_function")
    function = function if isinstance(function, dict) else {}
    names, width = _signature(described.get("signature"))
    found = replace(
        blank,
        root=function.get("loader_module") if isinstance(function.get("loader_module"), str) else None,
        python=function.get("python_version") if isinstance(function.get("python_version"), str) else None,
        modules=("mlflow",),
        made_with=tuple(_versions(described, flavors)),
        n_features=width,
        feature_names=names,
    )
    inner = [value for flavor in flavors.values() if isinstance(flavor, dict) for value in _paths(flavor)]
    for relative in dict.fromkeys(inner):
        part = (folder / relative).resolve()
        if part.is_file() and part.is_relative_to(folder.resolve()):
            found = _with_part(replace(found, root=None), inspect(part, limits), folder.resolve(), alone=True)
    return found


def _paths(flavor: dict[str, Any]) -> list[str]:
    keys = ("pickled_model", "model_path", "python_model", "data", "model_data")
    return [value for key in keys if isinstance(value := flavor.get(key), str)]


def _versions(described: dict[str, Any], flavors: dict[str, Any]) -> Iterator[MadeWith]:
    if isinstance(described.get("mlflow_version"), str):
        yield MadeWith("mlflow", described["mlflow_version"], "MLmodel")
    for flavor in flavors.values():
        for key, value in flavor.items() if isinstance(flavor, dict) else ():
            if key in LIBRARIES and isinstance(value, str):
                yield MadeWith(LIBRARIES[key], value, "MLmodel")


def _signature(signature: Any) -> tuple[tuple[str, ...], int | None]:
    """Column names, and how many columns or how wide the only tensor is."""
    inputs = signature.get("inputs") if isinstance(signature, dict) else None
    try:
        columns: Any = json.loads(inputs) if isinstance(inputs, str) else inputs
        names = tuple(str(column["name"]) for column in columns if "name" in column)
        if names:
            return names, len(names)
        shape = columns[0]["tensor-spec"]["shape"]
        return (), shape[-1] if shape[-1] > 0 else None
    except (ValueError, TypeError, KeyError, IndexError):
        return (), None
