"""`inspect`: what a file is, by its bytes and never by its name, and what it says of itself."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from scoredock.l10n import t
from scoredock.models.reading.inflating import compression_of, inflated
from scoredock.models.reading.pickles import PickleFacts, read_pickles
from scoredock.models.reading.stream import ChunkStream, FileStream, OutOfTime, Stream
from scoredock.models.values import Format, Limits, ModelFile, ModelProblem

DEFAULT = Limits()
HEAD = 512


def inspect(path: Path, limits: Limits = DEFAULT) -> ModelFile:
    """What the model at ``path`` (a file or a folder) says of itself.

    Nothing in it is imported, called or unpickled; memory stays within some 60 MB whatever its size. A file that is
    broken, hostile or no model at all is no error: ``problem`` says what is wrong. Only a path that cannot be opened
    raises `ModelProblem`.
    """
    try:
        if path.is_dir():
            from scoredock.models.reading.folders import inspect_folder

            return inspect_folder(path, limits)
        with path.open("rb", buffering=0) as file:
            size = file.seek(0, 2)
            file.seek(0)
            return _inspect_file(path, file, size, limits)
    except OSError as failed:
        reason = failed.strerror or str(failed)
        raise ModelProblem(
            t("The model {0} cannot be read: {1}.", path, reason), t("Check the path and its permissions.")
        ) from failed


def _inspect_file(path: Path, file: BinaryIO, size: int, limits: Limits) -> ModelFile:
    if size == 0:
        return ModelFile(path, Format.EMPTY, complete=False, problem=t("The file {0} is empty.", path.name))
    head = file.read(HEAD)
    file.seek(0)
    deadline = time.monotonic() + limits.seconds
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        from scoredock.models.reading.archives import inspect_archive

        return inspect_archive(path, file, size, limits, deadline)
    from scoredock.models.reading.others import READERS, lfs_pointer

    if lfs_pointer(head):
        sentence = t("{0} is a Git LFS pointer, not the model: the file itself was never fetched.", path.name)
        return ModelFile(path, Format.UNKNOWN, size, complete=False, problem=sentence)
    for fits, read in READERS:
        if fits(head, size):
            return read(path, file, size, limits)
    compression = compression_of(head)
    stream: Stream
    if compression is None:
        stream = FileStream(file, size, deadline)
    else:
        stream = ChunkStream(inflated(file, compression), deadline, limits.inflated)
    return _pickle(path, size, compression, stream, limits)


def _pickle(path: Path, size: int, compression: str | None, stream: Stream, limits: Limits) -> ModelFile:
    facts = read_pickles(stream, limits)
    recognised = facts.root is not None or facts.modules or facts.protocol
    if facts.problem and not recognised:
        from scoredock.models.reading.others import describe_unknown

        return describe_unknown(path, size, compression, facts)
    found = with_pickle_facts(ModelFile(path, facts.format, size, compression), facts)
    if facts.problem:
        found = replace(found, complete=False, problem=t("The model {0} {1}.", path.name, facts.problem))
    return found


def with_pickle_facts(found: ModelFile, facts: PickleFacts) -> ModelFile:
    """``found`` with what a pickle, in it or of it, says."""
    return replace(
        found,
        root=facts.root,
        protocol=facts.protocol,
        modules=tuple(sorted(facts.modules)),
        classes_used=facts.met,
        made_with=facts.made_with,
        numpy_major=facts.numpy_major,
        main_classes=tuple(sorted(facts.main)),
        n_features=facts.n_features,
        feature_names=facts.feature_names,
        classes=facts.labels,
        suspicious=tuple(facts.suspicious),
        companions=facts.companions,
        notes=tuple(facts.notes),
        out_of_time=isinstance(facts.stopped, OutOfTime),
    )
