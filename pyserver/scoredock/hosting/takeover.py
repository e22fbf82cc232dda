"""Borrow the listening socket of a running service, so that another process can go on in its place on the same port."""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path

PATIENCE = 5.0  # seconds


def listener_of(control: Path) -> socket.socket | None:
    """The service's own socket, open here too; None if it cannot be had (the service is ending)."""
    with contextlib.suppress(OSError, ValueError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(PATIENCE)
        line.connect(str(control))
        line.sendall(b'{"command": "listeners"}\n')
        _, descriptors, _, _ = socket.recv_fds(line, 4096, 8)
        # The last is the scoring port; a separate health port, where there is one, is opened anew.
        *others, last = descriptors
        for other in others:
            os.close(other)
        return socket.socket(fileno=last)
    return None
