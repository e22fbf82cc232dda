"""Unix sockets that only this user can open."""

from __future__ import annotations

import os
import socket


def listen(path: str, backlog: int) -> socket.socket:
    """A listening socket at ``path``, in the place of whatever was left there."""
    if os.path.exists(path):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)  # the socket is made with mode 0600, not changed to it a moment later
    try:
        listener.bind(path)
    finally:
        os.umask(mask)
    listener.listen(backlog)
    return listener


def accept_one(listener: socket.socket, path: str, patience: float) -> socket.socket | None:
    """The first who connects within ``patience`` seconds; the socket is gone afterwards."""
    listener.settimeout(patience)
    try:
        return listener.accept()[0]
    except OSError:
        return None
    finally:
        listener.close()
        if os.path.exists(path):
            os.unlink(path)
