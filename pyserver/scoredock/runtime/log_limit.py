"""A bound on what the log of a service may hold on the disk, for one whose output is a file (Docker bounds its own).

The beginning is given back to the file system and the rest stays where it is, so that nobody who writes or follows notices:
there is no line to lose, no file to open anew, and no process of the user's to tell.
"""

from __future__ import annotations

import ctypes
import os
import stat

LIMIT = 256 * 1024 * 1024  # bytes; half of it is left when it is reached
BLOCK = 4096
_KEEP_SIZE, _PUNCH_HOLE = 1, 2  # linux/falloc.h


def keep_within(descriptor: int, limit: int = LIMIT) -> None:
    """Give the oldest half back when the file holds more than ``limit``."""
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_blocks * 512 <= limit:
        return
    end = (found.st_size - limit // 2) // BLOCK * BLOCK
    if end > 0 and not _punch(descriptor, end):
        os.ftruncate(descriptor, 0)  # a file system without holes: everything, rather than the disk


def _punch(descriptor: int, end: int) -> bool:
    try:
        punch = ctypes.CDLL(None, use_errno=True).fallocate
    except (OSError, AttributeError):
        return False
    punch.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_longlong, ctypes.c_longlong]
    return bool(punch(descriptor, _PUNCH_HOLE | _KEEP_SIZE, 0, end) == 0)
