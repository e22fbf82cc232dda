"""Single files that are no pickles and no zip archives, each recognised by its first bytes."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from scoredock.l10n import t
from scoredock.models.reading import keras, onnx
from scoredock.models.reading.npy import MAGIC, read_npy
from scoredock.models.reading.pickles import PickleFacts, read_pickles
from scoredock.models.reading.stream import Ended, FileStream, OutOfTime, Stream, TooMuch
from scoredock.models.reading.stubs import Broken
from scoredock.models.values import Format, Limits, MadeWith, ModelFile

LOOK = 64 * 1024
MAX_HEADER = 8 * 1024 * 1024


def lfs_pointer(head: bytes) -> bool:
    return head.startswith(b"version https://git-lfs.github.com/spec/")


def describe_unknown(path: Path, size: int, compression: str | None, facts: PickleFacts) -> ModelFile:
    """A file in which no reader found a model."""
    with path.open("rb") as file:
        head = file.read(512).lstrip().lower()
    form = Format.UNKNOWN
    if head.startswith(b"\x80") and not compression:
        form, sentence = Format.PICKLE, t("The model {0} {1}.", path.name, facts.problem)
    elif head.startswith((b"<!doctype", b"<html", b"<?xml")):
        sentence = t("{0} is a web page, not a model: the download that made it was probably refused.", path.name)
    elif compression and isinstance(facts.stopped, Ended):
        sentence = t("{0} is compressed ({1}) and cut off: nothing of it can be read.", path.name, compression)
    elif compression:
        sentence = t("{0} is compressed ({1}), and there is no model inside.", path.name, compression)
    elif not head.strip(b"\0"):
        sentence = t("{0} holds nothing but zeros: it was probably never written to its end.", path.name)
    else:
        sentence = t("{0} is no model in a format that Scoredock knows.", path.name)
    late = form is Format.PICKLE and isinstance(facts.stopped, OutOfTime)
    return ModelFile(path, form, size, compression, complete=False, problem=sentence, out_of_time=late)


def _safetensors(path: Path, file: BinaryIO, size: int, limits: Limits) -> ModelFile:
    """Eight bytes of length, a JSON header of names, types and offsets, then the tensors."""
    length = int.from_bytes(file.read(8), "little")
    found = ModelFile(path, Format.SAFETENSORS, size, modules=("safetensors",))
    if length > MAX_HEADER:
        return replace(found, complete=False, problem=t("The model {0} has a header longer than any model needs.", path.name))
    raw = bytearray()
    while len(raw) < length and (piece := file.read(length - len(raw))):
        raw += piece
    try:
        header = json.loads(raw)
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
        last = max(ends, default=0)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        return replace(found, complete=False, problem=t("The model {0} has a header that cannot be read.", path.name))
    if not isinstance(last, int) or last + 8 + length > size:
        return replace(found, complete=False, problem=t("The model {0} is cut off: it ends before its tensors do.", path.name))
    metadata = header.get("__metadata__")
    written_for = metadata.get("format") if isinstance(metadata, dict) else None
    framework = {"pt": "torch", "tf": "tensorflow", "flax": "flax", "np": "numpy"}.get(str(written_for))
    return replace(
        found,
        modules=("safetensors", framework) if framework else ("safetensors",),
        notes=(t("It holds {0} tensors and no code.", len(ends)),),
    )


def _xgboost(path: Path, file: BinaryIO, size: int, limits: Limits) -> ModelFile:
    """JSON or UBJSON; the version stands at one of the ends, the width among the parameters of the learner."""
    head = file.read(LOOK)
    file.seek(max(0, size - LOOK))
    text = head + file.read(LOOK)
    found = ModelFile(path, Format.XGBOOST, size, root="xgboost.core.Booster", modules=("xgboost",))
    if version := re.search(rb'"version":\s*\[(\d+),\s*(\d+),\s*(\d+)\]', text):
        found = replace(found, made_with=(MadeWith("xgboost", b".".join(version.groups()).decode(), "version"),))
    if width := re.search(rb'num_feature"?\W{0,4}?(?:S\w.{0,8}?)?"?(\d+)"?', text):
        found = replace(found, n_features=int(width[1]) or None)
    return found


def _lightgbm(path: Path, file: BinaryIO, size: int, limits: Limits) -> ModelFile:
    head = file.read(LOOK).decode("utf-8", "replace")
    found = ModelFile(path, Format.LIGHTGBM, size, root="lightgbm.basic.Booster", modules=("lightgbm",))
    if width := re.search(r"^max_feature_idx=(\d+)$", head, re.MULTILINE):
        found = replace(found, n_features=int(width[1]) + 1)
    names = re.search(r"^feature_names=(.*)$", head, re.MULTILINE)
    given = tuple(names[1].split()) if names else ()
    if any(not re.fullmatch(r"Column_\d+", name) for name in given):
        found = replace(found, feature_names=given)
    file.seek(max(0, size - LOOK))
    if b"end of parameters" not in file.read(LOOK) and "end of trees" not in head:
        return replace(found, complete=False, problem=t("The model {0} is cut off: it ends before the model does.", path.name))
    return found


def _catboost(path: Path, file: BinaryIO, size: int, limits: Limits) -> ModelFile:
    return ModelFile(path, Format.CATBOOST, size, root="catboost.core.CatBoost", modules=("catboost",))


def _npy(path: Path, file: BinaryIO, size: int, limits: Limits) -> ModelFile:
    blank = ModelFile(path, Format.NUMPY, size, root="numpy.ndarray", modules=("numpy",))
    return read_array(blank, FileStream(file, size, time.monotonic() + limits.seconds), limits)


def read_array(blank: ModelFile, stream: Stream, limits: Limits, inside: str = "") -> ModelFile:
    """A .npy; an array of objects is a pickle behind its header."""
    from scoredock.models.reading.inspecting import with_pickle_facts

    name = inside or blank.path.name
    try:
        array = read_npy(stream)
    except (Broken, TooMuch) as wrong:
        problem = t("The array {0} {1}.", name, wrong)
        return replace(blank, complete=False, problem=problem, out_of_time=isinstance(wrong, OutOfTime))
    except Ended:
        return replace(blank, complete=False, problem=t("The array {0} is cut off.", name))
    if array.dtype != "|O":
        return blank
    facts = read_pickles(stream, limits, inside=inside)
    found = with_pickle_facts(blank, facts)
    if facts.problem:
        found = replace(found, complete=False, problem=t("The array {0} {1}.", name, facts.problem))
    return replace(found, root=blank.root, modules=tuple(sorted({"numpy", *found.modules})))


Fits = Callable[[bytes, int], bool]
Read = Callable[[Path, BinaryIO, int, Limits], ModelFile]


def _is_safetensors(head: bytes, size: int) -> bool:
    return len(head) > 9 and head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= max(size, 1) and head[9:10] in b'"} \n'


def _is_xgboost(head: bytes, size: int) -> bool:
    return head[:1] == b"{" and (b"learner" in head[:64] or b'"version":[' in head[:64])


READERS: tuple[tuple[Fits, Read], ...] = (
    (lambda head, size: head.startswith(MAGIC), _npy),
    (lambda head, size: head.startswith(b"\x89HDF\r\n\x1a\n"), keras.read_hdf5),
    (lambda head, size: head.startswith(b"CBM1"), _catboost),
    (lambda head, size: head.startswith(b"tree\nversion=v"), _lightgbm),
    (_is_safetensors, _safetensors),
    (_is_xgboost, _xgboost),
    (onnx.looks_like_onnx, onnx.read_onnx),
)
