"""Models that are zip files: torch, skops, Keras 3, numpy's npz."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from scoredock.l10n import t
from scoredock.models.reading.pickles import read_pickles
from scoredock.models.reading.stream import ChunkStream, Ended, OutOfTime, Stream, TooMuch
from scoredock.models.reading.stubs import Broken
from scoredock.models.values import Format, Limits, ModelFile

MAX_MEMBERS = 50_000
MAX_DIRECTORY = 16 * 1024 * 1024
MAX_JSON = 8 * 1024 * 1024
PIECE = 256 * 1024
# OSError: offsets in a damaged table of contents send the file to places that no file has.
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    RuntimeError,
    NotImplementedError,
    OverflowError,
    ValueError,
    OSError,
    Ended,
)
END = b"PK\x05\x06"


class Archive:
    """A zip file whose members are read in bounded pieces."""

    def __init__(self, zipped: zipfile.ZipFile, deadline: float, limits: Limits) -> None:
        self.zipped = zipped
        self.deadline = deadline
        self.limits = limits
        self.names = zipped.namelist()

    def stream(self, name: str) -> Stream:
        return ChunkStream(self._pieces(name), self.deadline, self.limits.inflated)

    def json(self, name: str) -> Any:
        """A JSON member; ``None`` when it is missing, too long or no JSON."""
        if name not in self.names or self.zipped.getinfo(name).file_size > MAX_JSON:
            return None
        try:
            with self.zipped.open(name) as member:
                return json.loads(member.read(MAX_JSON))
        except (ValueError, RecursionError):
            return None

    def _pieces(self, name: str) -> Iterator[bytes]:
        with self.zipped.open(name) as member:
            while piece := member.read(PIECE):
                yield piece


def inspect_archive(path: Path, file: BinaryIO, size: int, limits: Limits, deadline: float) -> ModelFile:
    """A zip file of any kind."""
    blank = ModelFile(path, Format.UNKNOWN, size)
    try:
        _check_directory(file, size)
        with zipfile.ZipFile(file) as zipped:
            return _by_members(blank, Archive(zipped, deadline, limits))
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        RuntimeError,
        NotImplementedError,
        OverflowError,
        ValueError,
        OSError,
        Ended,
    ):
        # OSError: offsets in a damaged table of contents send the file to places that no file has
        problem = t("The archive {0} is cut off or damaged: it cannot be unpacked.", path.name)
        return replace(blank, complete=False, problem=problem)
    except (Broken, TooMuch) as stopped:
        problem = t("The archive {0} {1}.", path.name, stopped)
        return replace(blank, complete=False, problem=problem, out_of_time=isinstance(stopped, OutOfTime))


def _check_directory(file: BinaryIO, size: int) -> None:
    """Refuse a table of contents that would not fit into memory before anything reads it whole."""
    tail = min(size, 66_000)
    file.seek(size - tail)
    end = file.read(tail)
    at = end.rfind(END)
    file.seek(0)
    if at < 0 or len(end) < at + 22:
        raise zipfile.BadZipFile
    members = int.from_bytes(end[at + 10 : at + 12], "little")
    length = int.from_bytes(end[at + 12 : at + 16], "little")
    if b"PK\x06\x06" in end:
        big = end.rfind(b"PK\x06\x06")
        members = int.from_bytes(end[big + 32 : big + 40], "little")
        length = int.from_bytes(end[big + 40 : big + 48], "little")
    if members > MAX_MEMBERS or length > MAX_DIRECTORY:
        raise TooMuch(t("has more members than any model"))


def _by_members(blank: ModelFile, archive: Archive) -> ModelFile:
    from scoredock.models.reading import keras, skops

    names = archive.names
    if "schema.json" in names:
        return skops.read_skops(blank, archive)
    if "config.json" in names and "metadata.json" in names:
        return keras.read_keras(blank, archive)
    pickles = [name for name in names if name == "data.pkl" or name.endswith("/data.pkl")]
    if pickles:
        return _torch(blank, archive, pickles[0])
    if names and all(name.endswith(".npy") for name in names):
        return _npz(blank, archive)
    shown = ", ".join(names[:3]) + (", …" if len(names) > 3 else "") if names else t("empty")
    sentence = t("{0} is a zip archive ({1}), not a model: unpack it and use what is inside.", blank.path.name, shown)
    return replace(blank, complete=False, problem=sentence)


def _torch(blank: ModelFile, archive: Archive, member: str) -> ModelFile:
    """torch.save of 1.6 and later: ``NAME/data.pkl`` beside one file for each tensor. TorchScript adds its code."""
    from scoredock.models.reading.inspecting import with_pickle_facts

    facts = read_pickles(archive.stream(member), archive.limits, inside=member)
    folder = member[: -len("data.pkl")]
    script = any(name.startswith(f"{folder}code/") for name in archive.names)
    found = with_pickle_facts(replace(blank, format=Format.TORCHSCRIPT if script else Format.TORCH), facts)
    # The classes of a TorchScript pickle live in the archive's own code, not in any package.
    modules = tuple(sorted({"torch", *(m for m in found.modules if not (script and m.startswith("__torch__")))}))
    found = replace(found, modules=modules)
    if facts.problem:
        return replace(found, complete=False, problem=t("The model {0} {1}.", blank.path.name, facts.problem))
    return found


def _npz(blank: ModelFile, archive: Archive) -> ModelFile:
    from scoredock.models.reading.others import read_array

    found = replace(blank, format=Format.NUMPY, root="numpy.lib.npyio.NpzFile", modules=("numpy",))
    for name in archive.names[:200]:
        one = read_array(found, archive.stream(name), archive.limits, inside=name)
        found = replace(
            found,
            suspicious=found.suspicious + one.suspicious,
            modules=tuple(sorted({*found.modules, *one.modules})),
            complete=found.complete and one.complete,
            problem=found.problem or one.problem,
            out_of_time=found.out_of_time or (one.out_of_time and not found.problem),
        )
    return found
