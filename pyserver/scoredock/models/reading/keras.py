"""Keras: the .keras archive of version 3, and what HDF5 files of older versions show."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from scoredock.l10n import deferred, t
from scoredock.models.reading.danger import reason
from scoredock.models.reading.stubs import Name
from scoredock.models.values import Format, Limits, MadeWith, ModelFile, Suspicious

if TYPE_CHECKING:
    from scoredock.models.reading.archives import Archive

MAX_NODES = 100_000
LAMBDA = deferred("runs Python code that the file brings")


def read_keras(blank: ModelFile, archive: Archive) -> ModelFile:
    found = replace(blank, format=Format.KERAS)
    config, metadata = archive.json("config.json"), archive.json("metadata.json")
    if not isinstance(config, dict):
        sentence = t("The model {0} has a description (config.json) that cannot be read.", blank.path.name)
        return replace(found, complete=False, problem=sentence)
    modules, suspicious = {"keras"}, dict[str, Suspicious]()
    width: int | None = None
    waiting: list[Any] = [config]
    nodes = 0
    while waiting and nodes < MAX_NODES:
        node = waiting.pop()
        nodes += 1
        if isinstance(node, list):
            waiting.extend(reversed(node))
        if not isinstance(node, dict):
            continue
        module, name = node.get("module"), node.get("class_name")
        if isinstance(module, str):
            modules.add(module)
            why = reason(Name(module, str(name)))
            if why is not None and module != "builtins":
                suspicious.setdefault(f"{module}.{name}", Suspicious(f"{module}.{name}", why, True, "config.json"))
        if name in {"Lambda", "__lambda__"}:
            suspicious.setdefault("Lambda", Suspicious("keras.layers.Lambda", t(LAMBDA), True, "config.json"))
        shape = node.get("batch_shape") or node.get("batch_input_shape")
        if width is None and isinstance(shape, list) and len(shape) == 2 and isinstance(shape[1], int):
            width = shape[1]
        waiting.extend(value for value in reversed(node.values()) if isinstance(value, (dict, list)))
    version = metadata.get("keras_version") if isinstance(metadata, dict) else None
    return replace(
        found,
        root=f"{config.get('module', 'keras')}.{config.get('class_name', 'Model')}",
        modules=tuple(sorted(modules)),
        made_with=(MadeWith("keras", version, "metadata.json"),) if isinstance(version, str) else (),
        n_features=width,
        suspicious=tuple(suspicious.values()),
    )


def read_hdf5(path: Path, file: BinaryIO, size: int, limits: Limits) -> ModelFile:
    """Keras 2 put its description as JSON into the file's attributes, which stand near the beginning."""
    head = file.read(2 * 1024 * 1024)
    found = ModelFile(path, Format.HDF5, size)
    named = re.search(rb'\{"(?:module": "[\w.]+", ")?class_name": ?"(\w+)"', head)
    if named is None:
        return found
    suspicious = Suspicious("keras.layers.Lambda", t(LAMBDA), True, "model_config")
    return replace(
        found,
        root=f"keras.{named[1].decode()}",
        modules=("keras",),
        suspicious=(suspicious,) if re.search(rb'"class_name": ?"(Lambda|__lambda__)"', head) else (),
    )
