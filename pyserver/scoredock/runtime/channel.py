"""The line between the arbiter and one worker: JSON objects, one per line, both ways (PROTOCOL.md)."""

from __future__ import annotations

import _thread
import json
import os
import socket
import threading
from typing import Any, Callable, Dict

Message = Dict[str, Any]


class Channel:
    """A pair of sockets made before the fork; the arbiter keeps one end, the worker the other."""

    def __init__(self) -> None:
        self.arbiter_end, self.worker_end = socket.socketpair()
        self.arbiter_end.setblocking(False)
        self.ended = False  # the worker has closed its end
        self._buffer = b""
        self._writing = threading.Lock()

    # In the arbiter.

    def tell(self, message: Message) -> None:
        """To the worker. A worker that reads nothing (stopped, or dead) loses the message."""
        try:
            self.arbiter_end.send(json.dumps(message).encode() + b"\n")
        except OSError:
            pass

    def heard(self) -> list[Message]:
        """What the worker has said since the last call; nothing as long as a long message has come in part only."""
        try:
            while True:
                data = self.arbiter_end.recv(65536)
                if not data:
                    self.ended = True
                    break
                self._buffer += data
        except BlockingIOError:
            pass
        except OSError:
            self.ended = True
        *lines, self._buffer = self._buffer.split(b"\n")
        return [json.loads(line) for line in lines]

    def close(self) -> None:
        self.arbiter_end.close()

    # In the worker.

    def say(self, message: Message) -> None:
        """To the arbiter, from any thread."""
        with self._writing:
            try:
                self.worker_end.sendall(json.dumps(message, default=str).encode() + b"\n")
            except OSError:
                pass

    def listen(self, answer: Callable[[Message], None], closed: Callable[[], None]) -> None:
        """Hand every message to ``answer`` in a thread of its own, which sleeps in ``recv`` until one comes; ``closed`` when
        the arbiter is gone. The thread is a bare one: user code that counts its threads finds none of ours."""

        def serve() -> None:
            buffer = b""
            while True:
                try:
                    data = self.worker_end.recv(65536)
                except OSError:
                    data = b""
                if not data:
                    closed()
                    return
                *lines, buffer = (buffer + data).split(b"\n")
                for line in lines:
                    answer(json.loads(line))

        _thread.start_new_thread(serve, ())

    def after_fork(self, mine: bool) -> None:
        """In a new worker: keep its own end of its own channel and nothing else, or the end of the arbiter would go unnoticed."""
        self.arbiter_end.close()
        if not mine:
            return
        self._writing = threading.Lock()
        os.set_inheritable(self.worker_end.fileno(), False)
