"""Children that do not outlive us, even when we are killed and cannot say a last word."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# Reads from a pipe of which only we hold the other end: when it ends, everything in the child's group is ended. The child
# itself takes the place of the shell, so its process number and its exit code are its own. ($0 is the pipe's number, which
# may have two digits: a shell redirects such only by a path.)
_GUARD = '{ read nothing; kill -KILL 0; } </dev/fd/$0 >/dev/null 2>&1 & exec "$@"'


@contextmanager
def leashed(command: list[str]) -> Iterator[tuple[list[str], tuple[int, ...]]]:
    """The command to start instead, as the leader of a session of its own, and the descriptors to pass to it.

    What it started ends with the block, and with us. A language server that was killed while packages were installed left uv
    and a compiler at work, and nobody to wait for them. On Windows the command is what it was: there is no such pipe.
    """
    if sys.platform == "win32" or shutil.which(command[0]) is None:  # starting what is not there says so best by itself
        yield command, ()
        return
    read, write = os.pipe()
    try:
        yield ["/bin/sh", "-c", _GUARD, str(read), *command], (read,)
    finally:
        os.close(read)
        os.close(write)
