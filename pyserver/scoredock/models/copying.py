"""Copies a model while it computes its checksums, so that its bytes are read once.

Where the file system can share blocks between files (btrfs, XFS), the copy is such a clone and takes no space; it is
never a hard link, which the user's next training run would write through.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from threading import Event

from scoredock.l10n import t
from scoredock.models.values import ModelProblem

CHUNK = 4 * 1024 * 1024
THREADS = 2  # one reads and hashes while the other writes; more do not help one disk
FICLONE = 0x40049409  # linux/fs.h


@dataclass(frozen=True, slots=True)
class Sealed:
    """One file of a registered model: where it lies, how long it is, its SHA-256, and when it was last changed, by which
    an untouched copy is known without reading it again."""

    path: str  # relative, with slashes
    size: int
    sha256: str
    changed: int  # st_mtime_ns of the copy


Advance = Callable[[int], None]


class Stopped(Exception):
    """Another file failed, or the caller gave up."""


def walk(source: Path) -> Iterator[tuple[Path, PurePosixPath]]:
    """The files of a model with their relative paths, in a stable order. Links are followed, as an upload would; one that
    leads round in a circle, or to what is no file, is refused."""
    if source.is_file():
        yield source, PurePosixPath(source.name)
        return
    yield from _walk(source, PurePosixPath(source.name), (source.resolve(),))


def _walk(folder: Path, relative: PurePosixPath, above: tuple[Path, ...]) -> Iterator[tuple[Path, PurePosixPath]]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path, name = Path(entry.path), relative / entry.name
        if entry.is_dir():
            real = path.resolve()
            if real in above:
                raise ModelProblem(
                    t("The folder {0} leads round in a circle.", path), t("Remove the link from the model's folder.")
                )
            yield from _walk(path, name, (*above, real))
        elif entry.is_file():
            yield path, name
        else:
            what = t("{0} is a link to nothing.", path) if entry.is_symlink() else t("{0} is no file.", path)
            raise ModelProblem(what, t("Remove it from the model's folder."))


def copy_model(source: Path, target: Path, advance: Advance, stop: Event) -> tuple[Sealed, ...]:
    """Copy a file or folder into the folder ``target``; the copies can be read but not written.

    ``advance`` is told of each run of bytes that is done. Raises `OSError` as the system gives it, and `ModelProblem` when
    a file changes under the hand.
    """
    return copy_files(list(walk(source)), target, advance, stop)


def copy_files(
    files: list[tuple[Path, PurePosixPath]], target: Path, advance: Advance, stop: Event, *, sealed: bool = True
) -> tuple[Sealed, ...]:
    """Copy each file to its relative path below ``target``; ``sealed`` copies cannot be written."""
    task = _Task(advance, stop, sealed)
    for folder in dict.fromkeys(target.joinpath(relative).parent for _, relative in files):
        folder.mkdir(parents=True, exist_ok=True)
    done: dict[int, Sealed] = {}
    with ThreadPoolExecutor(THREADS, thread_name_prefix="copy") as pool:
        # Few at a time: a folder of a million files need not be a million waiting tasks.
        running: dict[Future[Sealed], int] = {}
        todo = iter(enumerate(files))
        try:
            while True:
                while len(running) < 4 * THREADS and (following := next(todo, None)) is not None:
                    index, (file, relative) = following
                    running[pool.submit(task.copy, file, target / relative, relative)] = index
                if not running:
                    break
                for finished in wait(running, return_when=FIRST_COMPLETED).done:
                    done[running.pop(finished)] = finished.result()
        except BaseException:
            stop.set()
            raise
    return tuple(done[index] for index in range(len(files)))


@dataclass(frozen=True)
class _Task:
    """What the copies of one model share."""

    advance: Advance
    stop: Event
    sealed: bool

    def copy(self, file: Path, target: Path, relative: PurePosixPath) -> Sealed:
        with file.open("rb", buffering=0) as source, target.open("xb", buffering=0) as copy:
            before = os.fstat(source.fileno())
            digest = hashlib.sha256()
            cloned = _clone(source.fileno(), copy.fileno())
            buffer = memoryview(bytearray(min(CHUNK, max(before.st_size, 1))))
            size = 0
            while size <= before.st_size and (count := source.readinto(buffer)):
                if self.stop.is_set():
                    raise Stopped
                piece = buffer[:count]
                digest.update(piece)
                if not cloned:
                    _write(copy.fileno(), piece)
                size += count
                self.advance(count)
            after = os.fstat(source.fileno())
            if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or size != after.st_size:
                raise ModelProblem(
                    t("{0} changed while it was copied.", file), t("Wait until it is written to its end, then try again.")
                )
            runs = 0o111 if before.st_mode & stat.S_IXUSR else 0
            target.chmod((0o444 if self.sealed else 0o644) | runs)
            return Sealed(relative.as_posix(), size, digest.hexdigest(), os.fstat(copy.fileno()).st_mtime_ns)


def _write(descriptor: int, piece: memoryview) -> None:
    while piece:
        piece = piece[os.write(descriptor, piece) :]


def _clone(source: int, copy: int) -> bool:
    """Share the blocks of ``source`` where the file system can; nothing has happened when it says no."""
    try:
        import fcntl

        fcntl.ioctl(copy, FICLONE, source)
    except (ImportError, OSError) as refused:
        if isinstance(refused, OSError) and refused.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            raise
        return False
    return True


def can_clone(folder: Path) -> bool:
    """Whether copies inside this file system can share their blocks, by trying with one."""
    with tempfile.TemporaryFile(dir=folder) as one, tempfile.TemporaryFile(dir=folder) as other:
        one.write(b"x")
        one.flush()
        return _clone(one.fileno(), other.fileno())


def digest_of(file: Path) -> str:
    """The SHA-256 of a file."""
    digest = hashlib.sha256()
    buffer = memoryview(bytearray(CHUNK))
    with file.open("rb", buffering=0) as source:
        while count := source.readinto(buffer):
            digest.update(buffer[:count])
    return digest.hexdigest()


def tree_digest(files: tuple[Sealed, ...]) -> str:
    """One SHA-256 for a whole model: of the lines ``sha256sum`` would print for its files."""
    digest = hashlib.sha256()
    for file in sorted(files, key=lambda one: one.path):
        digest.update(f"{file.sha256}  {file.path}\n".encode())
    return digest.hexdigest()
