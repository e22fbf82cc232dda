"""Requests to a service in a container, over a channel that stays open while this process lives.

Starting a command inside a container costs the engine 60 ms, more than an update. So one idle channel to each service is kept
for the next request; its command inside ends when this process does. Requests at the same time have a channel each.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from typing import Any

from scoredock.engine.background import Job
from scoredock.engine.connection import Connection
from scoredock.engine.exec_stream import read_frame
from scoredock.hosting.docker_record import Record
from scoredock.hosting.docker_way import open_way

_idle: dict[tuple[str, str], Relay] = {}
_lock = threading.Lock()


class Relay:
    """One channel. Blocking."""

    def __init__(self, connection: Connection, container: str, record: Record) -> None:
        _, self._raw, self._keep = open_way(connection, container, record, str(record.control))
        self._unread = b""

    def ask(self, request: dict[str, Any]) -> dict[str, Any] | None:
        """The answer, ``None`` when the other side ends first. Raises OSError."""
        self._raw.sendall(json.dumps(request).encode() + b"\n")
        while b"\n" not in self._unread:
            frame = read_frame(self._raw)
            if frame is None:
                return None
            is_error, data = frame
            self._unread += b"" if is_error else data
        line, _, self._unread = self._unread.partition(b"\n")
        return message_of(line + b"\n")

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._raw.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self._raw.close()


def message_of(line: bytes) -> dict[str, Any] | None:
    """What a line says; None at the end. When its container ends under it, the engine writes a sentence of its own there."""
    if not line.endswith(b"\n"):
        return None
    try:
        content = json.loads(line)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def ask(connection: Connection, container: str, record: Record, request: dict[str, Any], job: Job) -> dict[str, Any] | None:
    """One request and its answer; None if the service ends first. Blocking; cut when the job is given up."""
    key = (connection.address.url, container)
    with _lock:
        relay = _idle.pop(key, None)
    if relay is not None:
        # It may have died while nobody looked; every request can be made twice.
        answer = _answer(relay, request, job)
        if answer is not None:
            _keep(key, relay, job)
            return answer
        relay.close()
    relay = Relay(connection, container, record)
    answer = _answer(relay, request, job)
    if answer is None:
        relay.close()
    else:
        _keep(key, relay, job)
    return answer


def _answer(relay: Relay, request: dict[str, Any], job: Job) -> dict[str, Any] | None:
    job.on_stop(relay.close)
    try:
        return relay.ask(request)
    except OSError:
        return None


def _keep(key: tuple[str, str], relay: Relay, job: Job) -> None:
    with _lock:
        spare = _idle.get(key) if job.stopped else _idle.setdefault(key, relay)
    if spare is not relay:
        relay.close()


def forget(connection: Connection, container: str) -> None:
    """Close the idle channel to a container that is stopped or removed."""
    with _lock:
        relay = _idle.pop((connection.address.url, container), None)
    if relay is not None:
        relay.close()
