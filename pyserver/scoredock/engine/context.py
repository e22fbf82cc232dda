"""The folder that a build sends to the engine."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import psutil

from scoredock.engine.values import BuildOrder


@contextmanager
def build_context(order: BuildOrder) -> Iterator[Path]:
    """A temporary folder with the Dockerfile and the order's files. Files are linked, not copied, where the disk allows it."""
    with _temporary_folder("build") as folder:
        for inside, source in order.files:
            target = _within(folder, inside)
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(source, bytes):
                target.write_bytes(source)
            elif source.is_dir():
                shutil.copytree(source, target, copy_function=_link_or_copy, dirs_exist_ok=True)
            else:
                _link_or_copy(str(source), str(target))
        (folder / "Dockerfile").write_text(order.dockerfile, encoding="utf-8", newline="\n")
        yield folder


@contextmanager
def secret_files(order: BuildOrder) -> Iterator[dict[str, Path]]:
    """The order's secrets as files that only this user can read, outside the build's context."""
    with _temporary_folder("secrets") as folder:
        files = {}
        for number, (identifier, text) in enumerate(order.secrets):
            file = folder / str(number)
            file.touch(mode=0o600)
            file.write_text(text, encoding="utf-8")
            files[identifier] = file
        yield files


@contextmanager
def _temporary_folder(purpose: str) -> Iterator[Path]:
    """A folder named after this process; those of processes that were killed are removed first, for nobody else will."""
    prefix = "scoredock-docker-"
    for left in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        owner = left.name.removeprefix(prefix).split("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"{prefix}{os.getpid()}-{purpose}-") as name:
        yield Path(name)


def _within(folder: Path, inside: PurePosixPath) -> Path:
    if inside.is_absolute() or ".." in inside.parts:
        raise ValueError(f"{inside} lies outside the build context")
    return folder / inside


def _link_or_copy(source: str, target: str) -> str:
    try:
        os.link(Path(source).resolve(), target)
    except OSError:  # another disk, or a file system without links
        shutil.copy2(source, target)
    return target
