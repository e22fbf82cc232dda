"""What the file system says, as one sentence that a user can act on."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scoredock.errors import ScoredockError
from scoredock.models.values import ModelProblem

SENTENCES = {
    errno.ENOSPC: ("the disk is full", "Free some space, then try again."),
    errno.EDQUOT: ("your share of the disk is used up", "Free some space, then try again."),
    errno.EROFS: ("the file system can only be read", "Choose a folder that can be written."),
    errno.EACCES: ("it is not allowed", "Check the permissions of the folder."),
    errno.EPERM: ("it is not allowed", "Check the permissions of the folder."),
    errno.EFBIG: ("the file system takes no file of that size", "Choose a folder on another file system."),
    errno.EMFILE: ("too many files are open", "Close some programs, then try again."),
}


@contextmanager
def saying_what_failed(what: str, folder: Path) -> Iterator[None]:
    """Turn what the system raises into a `ModelProblem`: ``what``, why, and in which folder."""
    try:
        yield
    except ScoredockError:
        raise
    except OSError as failed:
        why, todo = SENTENCES.get(failed.errno or 0, (failed.strerror or str(failed), "Check the folder, then try again."))
        where = failed.filename if isinstance(failed.filename, str) and failed.errno in (errno.EACCES, errno.EPERM) else folder
        raise ModelProblem(f"{what}: {why} ({where}).", todo) from failed
