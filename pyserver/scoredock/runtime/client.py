"""Speak to a service's control socket from a shell: ``python client.py SOCKET '{"command": "status"}'``.

With a request: prints the answer and ends, 0 when it says ok and 1 when not. Without: passes lines from standard input to
the socket and back until either side ends; that is how another machine or a container is reached (``docker exec -i``).
"""

from __future__ import annotations

import json
import os
import selectors
import socket
import sys


def ask(path: str, request: str) -> int:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
        control.connect(path)
        control.sendall(request.strip().encode() + b"\n")
        answer = control.makefile("rb").readline()
    sys.stdout.buffer.write(answer)
    return 0 if answer and json.loads(answer).get("ok") else 1


def relay(path: str) -> int:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control, selectors.DefaultSelector() as selector:
        control.connect(path)
        selector.register(control, selectors.EVENT_READ)
        selector.register(0, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fd == 0:
                    data = os.read(0, 65536)
                    control.sendall(data)
                else:
                    data = control.recv(65536)
                    sys.stdout.buffer.write(data)
                    sys.stdout.buffer.flush()
                if not data:
                    return 0


if __name__ == "__main__":
    sys.exit(ask(sys.argv[1], sys.argv[2]) if len(sys.argv) > 2 else relay(sys.argv[1]))
