"""The way into a service in a container when nothing can be started inside it (``docker exec`` is forbidden).

    python relay.py PORT FOLDER

Runs in the container that holds the service's port; the second port is published to 127.0.0.1 of the host. Whoever
connects sends one line, ``{"token", "connect": SOCKET}``, and is passed through to that unix socket under FOLDER. The token
is in FOLDER/relay, for whoever may read files through the engine: who may do that could do anything anyhow. What comes back
has the frames that ``docker exec`` gives its output, so that the other side reads both alike.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
import socket
import struct
import sys
import threading

PATIENCE = 10.0  # seconds in which a client has to say what it wants
LONGEST_WISH = 4096


def serve(port: int, folder: str) -> None:
    token = secrets.token_hex(32)
    new = os.path.join(folder, ".relay")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(token)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("0.0.0.0", port))  # noqa: S104  of a network of its own: only 127.0.0.1 of the host leads into it
    listener.listen(16)
    os.replace(new, os.path.join(folder, "relay"))  # whoever can read it finds somebody listening
    while True:
        client, _ = listener.accept()
        threading.Thread(target=_admit, args=(client, token, folder), daemon=True).start()


def _admit(client: socket.socket, token: str, folder: str) -> None:
    with client, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as target:
        try:
            client.settimeout(PATIENCE)
            path = _wanted(client, token, folder)
            if path is None:
                return
            client.settimeout(None)
            target.connect(path)
            threading.Thread(target=_in, args=(client, target), daemon=True).start()
            while True:
                data = target.recv(65536)
                if not data:
                    return
                client.sendall(struct.pack(">BxxxL", 1, len(data)) + data)
        except (OSError, ValueError):
            return
        finally:
            _end(client)
            _end(target)


def _wanted(client: socket.socket, token: str, folder: str) -> str | None:
    """The socket that a client may be passed through to."""
    line = b""
    while not line.endswith(b"\n") and len(line) < LONGEST_WISH:
        data = client.recv(1)  # what follows the line is not for us
        if not data:
            return None
        line += data
    wish = json.loads(line)
    if not hmac.compare_digest(str(wish.get("token")), token):
        return None
    path = os.path.realpath(str(wish.get("connect")))
    return path if path.startswith(os.path.realpath(folder) + os.sep) else None


def _in(client: socket.socket, target: socket.socket) -> None:
    try:
        while True:
            data = client.recv(65536)
            if not data:
                break
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        _end(target)


def _end(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2])
