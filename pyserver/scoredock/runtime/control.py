"""The control socket: newline-delimited JSON for whoever owns the service (PROTOCOL.md)."""

from __future__ import annotations

import array
import json
import os
import selectors
import socket
from typing import Any, Callable, Dict

from . import private_socket

Message = Dict[str, Any]
LONGEST_LINE = 1 << 20


class Connection:
    """One client. ``watching``: it gets events. ``holding``: until it goes, new workers wait for a debugger."""

    def __init__(self, server: Server, sock: socket.socket) -> None:
        self._server = server
        self._sock = sock
        self._read = b""
        self._unsent = b""
        self.watching = False
        self.holding = False
        self.open = True

    def fileno(self) -> int:
        return self._sock.fileno()

    def send(self, message: Message) -> None:
        """Queue a line; a client that is gone is forgotten."""
        if not self.open:
            return
        self._unsent += json.dumps(message, default=str).encode() + b"\n"
        self.ready(selectors.EVENT_WRITE)

    def send_descriptors(self, message: Message, descriptors: list[int]) -> None:
        """A short line with open files beside it (SCM_RIGHTS)."""
        rights = array.array("i", descriptors).tobytes()
        self._sock.sendmsg([json.dumps(message).encode() + b"\n"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])

    def ready(self, events: int) -> None:
        try:
            if events & selectors.EVENT_READ:
                data = self._sock.recv(65536)
                if not data or len(self._read) > LONGEST_LINE:
                    self.close()
                    return
                *lines, self._read = (self._read + data).split(b"\n")
                for line in lines:
                    self._server.received(self, line)
            if events & selectors.EVENT_WRITE and self._unsent:
                self._unsent = self._unsent[self._sock.send(self._unsent) :]
        except BlockingIOError:
            pass
        except OSError:
            self.close()
        if self.open:
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._unsent else 0)
            self._server.selector.modify(self._sock, wanted, self.ready)

    def close(self) -> None:
        if self.open:
            self.open = False
            self._server.selector.unregister(self._sock)
            self._server.connections.discard(self)
            self._sock.close()

    def flush(self) -> None:
        """Send the rest before the process ends; at most half a second."""
        self._sock.settimeout(0.5)
        try:
            self._sock.sendall(self._unsent)
        except OSError:
            pass


class Server:
    """Listens from the moment it is made; requests wait in the socket until the arbiter's loop serves them."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.selector: selectors.BaseSelector
        self.connections: set[Connection] = set()
        self.handle: Callable[[Connection, Message], None]
        self._listener = private_socket.listen(path, 16)
        self._listener.setblocking(False)

    def serve(self, selector: selectors.BaseSelector, handle: Callable[[Connection, Message], None]) -> None:
        self.selector = selector
        self.handle = handle
        selector.register(self._listener, selectors.EVENT_READ, self._accept)

    def _accept(self, _: int) -> None:
        try:
            sock, _address = self._listener.accept()
        except OSError:
            return
        sock.setblocking(False)
        connection = Connection(self, sock)
        self.connections.add(connection)
        self.selector.register(sock, selectors.EVENT_READ, connection.ready)

    def received(self, connection: Connection, line: bytes) -> None:
        try:
            message = json.loads(line)
        except ValueError:
            message = None
        if not isinstance(message, dict) or not isinstance(message.get("command"), str):
            connection.send({"ok": False, "error": "a request is one JSON object on one line, with a command"})
            return
        self.handle(connection, message)

    def announce(self, event: Message) -> None:
        """To every client that watches."""
        for connection in list(self.connections):
            if connection.watching:
                connection.send(event)

    def close(self) -> None:
        for connection in list(self.connections):
            connection.flush()
        try:
            os.unlink(self.path)
        except OSError:
            pass

    def after_fork(self) -> None:
        """In a worker: it has nothing to do with the control socket."""
        for connection in self.connections:
            connection._sock.close()
        self._listener.close()


def ask_to_yield(path: str) -> None:
    """Make the service behind ``path`` accept nothing more; returns when it does not, or is gone."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        other.settimeout(5.0)
        try:
            other.connect(path)
            other.sendall(b'{"command": "yield"}\n')
            other.recv(4096)
        except OSError:
            return
