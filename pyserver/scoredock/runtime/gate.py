"""Which generation of the user's code may take connections, and what every worker is doing: shared by all processes.

Anonymous shared memory, so reading and writing cost no system call. The lock is a POSIX record lock: it belongs to the
process (a child that user code forks holds none of it), one inherited descriptor serves all, and the kernel lets go of
it when a process dies. Workers hold it shared around ``accept``, for microseconds; the arbiter takes it alone to change
the generation. So when ``open_to`` has returned, no connection will be accepted by older code.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import tempfile
import time

BOOTING, IDLE, RUNNING = 0, 1, 2
# Set by whoever debugs a worker. ATTACHED: a debugger is connected, the worker's timeout does not count.
# HELD: it stands at a breakpoint. WAITING: it waits for a debugger before it runs any user code.
ATTACHED, HELD, WAITING = 1, 2, 4

_GENERATION = struct.Struct("<Q")
_SLOT = struct.Struct("<BBxxxxxxd")  # state, flags, since (monotonic seconds: one clock for all processes of a machine)
_SINCE = struct.Struct("<d")
SLOTS = 512


def _nameless_file() -> int:
    make = getattr(os, "memfd_create", None)  # Linux, Python 3.8
    if make is not None:
        return int(make("scoredock-gate"))
    handle, name = tempfile.mkstemp(prefix="scoredock-gate-")
    os.unlink(name)
    return handle


class Gate:
    """Made once by the arbiter, inherited by every worker."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _GENERATION.size + SLOTS * _SLOT.size)
        self._lock = _nameless_file()
        self._free = list(range(SLOTS - 1, -1, -1))

    @property
    def generation(self) -> int:
        """The generation that takes connections; 0 takes none."""
        return int(_GENERATION.unpack_from(self._memory, 0)[0])

    def enter(self, generation: int) -> bool:
        """Ask to accept one connection. True: do it now and call ``leave``."""
        fcntl.lockf(self._lock, fcntl.LOCK_SH)
        if _GENERATION.unpack_from(self._memory, 0)[0] == generation:
            return True
        fcntl.lockf(self._lock, fcntl.LOCK_UN)
        return False

    def leave(self) -> None:
        fcntl.lockf(self._lock, fcntl.LOCK_UN)

    def open_to(self, generation: int, patience: float) -> bool:
        """From now on only ``generation`` accepts. False: a worker sat on the lock for ``patience`` seconds (it is stopped
        in the middle of ``accept``), nothing was changed."""
        deadline = time.monotonic() + patience
        while True:
            try:
                fcntl.lockf(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if time.monotonic() > deadline:
                    return False
                time.sleep(0.0002)
                continue
            _GENERATION.pack_into(self._memory, 0, generation)
            fcntl.lockf(self._lock, fcntl.LOCK_UN)
            return True

    def take_slot(self) -> int:
        """A place for a worker that is about to be forked."""
        slot = self._free.pop()
        self.mark(slot, BOOTING)
        self.flag(slot, 0)
        return slot

    def free_slot(self, slot: int) -> None:
        self._free.append(slot)

    def mark(self, slot: int, state: int) -> None:
        """Say what the worker of ``slot`` does from now on."""
        # The flags are another thread's to write: not touched here.
        offset = _GENERATION.size + slot * _SLOT.size
        self._memory[offset] = state
        _SINCE.pack_into(self._memory, offset + 8, time.monotonic())

    def flag(self, slot: int, flags: int) -> None:
        self._memory[_GENERATION.size + slot * _SLOT.size + 1] = flags

    def read(self, slot: int) -> tuple[int, int, float]:
        """State, flags, and for how many seconds the worker has been in that state."""
        state, flags, since = _SLOT.unpack_from(self._memory, _GENERATION.size + slot * _SLOT.size)
        return state, flags, max(0.0, time.monotonic() - since)
