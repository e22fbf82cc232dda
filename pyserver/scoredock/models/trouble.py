"""What the file system says, as one sentence that a user can act on."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scoredock.errors import ScoredockError
from scoredock.l10n import deferred, t
from scoredock.models.values import ModelProblem

SENTENCES = {
    errno.ENOSPC: (deferred("the disk is full"), deferred("Free some space, then try again.")),
    errno.EDQUOT: (deferred("your share of the disk is used up"), deferred("Free some space, then try again.")),
    errno.EROFS: (deferred("the file system can only be read"), deferred("Choose a folder that can be written.")),
    errno.EACCES: (deferred("it is not allowed"), deferred("Check the permissions of the folder.")),
    errno.EPERM: (deferred("it is not allowed"), deferred("Check the permissions of the folder.")),
    errno.EFBIG: (deferred("the file system takes no file of that size"), deferred("Choose a folder on another file system.")),
    errno.EMFILE: (deferred("too many files are open"), deferred("Close some programs, then try again.")),
}
OTHERWISE = deferred("Check the folder, then try again.")


@contextmanager
def saying_what_failed(what: str, folder: Path) -> Iterator[None]:
    """Turn what the system raises into a `ModelProblem`: ``what``, why, and in which folder."""
    try:
        yield
    except ScoredockError:
        raise
    except OSError as failed:
        why, todo = SENTENCES.get(failed.errno or 0, (failed.strerror or str(failed), OTHERWISE))
        where = failed.filename if isinstance(failed.filename, str) and failed.errno in (errno.EACCES, errno.EPERM) else folder
        raise ModelProblem(f"{what}: {t(why)} ({where}).", t(todo)) from failed
