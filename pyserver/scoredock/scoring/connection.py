"""A session of `requests` whose connections can be cut from outside.

`requests` blocks its thread until an answer comes; a person who presses Ctrl-C or Cancel must not wait for a `run`
that hangs. Cutting the socket ends the wait at once.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection


class Cuttable:
    """A session and every socket it has open. Used by one thread; ``cut`` may be called from any other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self.was_cut = False
        self.session = requests.Session()
        # Services are on this machine: a proxy named in the environment would only take the request away from it.
        self.session.trust_env = False
        self.session.mount("http://", _Adapter(self))

    def opened(self, sock: socket.socket) -> None:
        with self._lock:
            self._sockets = [known for known in self._sockets if known.fileno() != -1]
            self._sockets.append(sock)
            if self.was_cut:
                _shut(sock)

    def cut(self) -> None:
        """End all waiting; requests on this session raise, now and from now on."""
        with self._lock:
            self.was_cut = True
            for sock in self._sockets:
                _shut(sock)

    def __enter__(self) -> Cuttable:
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()


def _shut(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


class _Adapter(HTTPAdapter):
    def __init__(self, owner: Cuttable) -> None:
        self._owner = owner
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        owner = self._owner

        class Connection(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                if isinstance(self.sock, socket.socket):
                    owner.opened(self.sock)

        class Pool(HTTPConnectionPool):
            ConnectionCls = Connection

        self.poolmanager.pool_classes_by_scheme = {**self.poolmanager.pool_classes_by_scheme, "http": Pool}
