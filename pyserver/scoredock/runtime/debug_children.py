"""Processes that user code starts while it is debugged, when the client asked for them (``subProcess``).

debugpy's in-process adapter has no children: pydevd can make them connect to its external adapter, a process that listens
on a port which lets anybody in. Here the worker itself listens, on 127.0.0.1 and only while a client is there. A child has
to come from this user's own processes and to know the secret; then it is announced, and the session on the other side
takes it as one more debuggee (PROTOCOL.md, event ``child``).
"""

from __future__ import annotations

import hmac
import importlib
import json
import os
import secrets
import socket
import struct
import threading
from typing import Any, Callable

from . import private_socket
from .debug_tracing import Tracing, overlook

PATIENCE = 30.0  # seconds for each step of a child's way to the session
_QUIET = "PYDEVD_DISABLE_FILE_VALIDATION"  # debugpy complains of frozen modules, which are never the user's


class Children:
    """Methods are called by the control thread and by the one that waits for the client."""

    def __init__(self, worker: Any, tracing: Tracing) -> None:
        self._worker = worker
        self._tracing = tracing
        self._patched: list[tuple[Any, str, Any, Any]] = []  # module, name, as it was, pydevd's
        self._listener: socket.socket | None = None
        self._folder = ""
        self._theirs = self._ours = ""  # secrets: a child's proof to us, ours to a child

    def follow(self, folder: str) -> None:
        """From now on every Python that user code starts waits for the client before its first line."""
        self._folder = folder
        self._theirs, self._ours = secrets.token_hex(32), secrets.token_hex(32)
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(16)
        port = self._listener.getsockname()[1]
        setup = importlib.import_module("pydevd").SetupHolder.setup
        tokens = {"access-token": self._ours, "client-access-token": self._theirs}
        setup.update({"client": "127.0.0.1", "port": port, "multiprocess": True, **tokens})
        _start(self._accept, self._listener)
        os.environ[_QUIET] = "1"
        self._patch()
        self._tracing.follows_forks = True

    def leave(self) -> None:
        """Nobody is followed any more. Those that run are let go by whoever talks to them."""
        if self._listener is None:
            return
        self._tracing.follows_forks = False
        for module, name, before, _ in self._patched:
            setattr(module, name, before)
        os.environ.pop(_QUIET, None)
        importlib.import_module("pydevd").SetupHolder.setup["port"] = None
        _close(self._listener)  # also for the thread that waits in ``accept``
        self._listener = None

    def _patch(self) -> None:
        if not self._patched:
            monkey = importlib.import_module("_pydev_bundle.pydev_monkey")
            modules = [os, importlib.import_module("_posixsubprocess"), importlib.import_module("subprocess")]
            before = [(module, dict(vars(module))) for module in modules]
            monkey.patch_new_process_functions()
            for module, had in before:
                changed = [name for name, value in had.items() if getattr(module, name) is not value]
                self._patched += [(module, name, had[name], getattr(module, name)) for name in changed]
        for module, name, _, patched in self._patched:
            setattr(module, name, patched)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                child, address = listener.accept()
            except OSError:
                return  # closed: the client has left
            if _of_this_user(address, listener.getsockname()):
                _start(self._welcome, child)
            else:
                child.close()

    def _welcome(self, child: socket.socket) -> None:
        """Find out who it is, announce it, and pass on what it and the session say until one of them ends."""
        talk = _Talk(child)
        session = None
        try:
            child.settimeout(PATIENCE)
            proof = talk.ask("pydevdAuthorize", {"debugServerAccessToken": self._ours}).get("clientAccessToken")
            if not isinstance(proof, str) or not hmac.compare_digest(proof, self._theirs):
                _close(child)
                return
            pid = int(talk.ask("pydevdSystemInfo", {})["process"]["pid"])
            child.settimeout(None)
            path = os.path.join(self._folder, "c%d" % pid)
            listener = private_socket.listen(path, 1)
            self._worker.channel.say({"event": "child", "pid": pid, "parent": os.getpid(), "socket": path})
            session = private_socket.accept_one(listener, path, PATIENCE)
            if session is not None:
                session.sendall(talk.unread)
                _start(_pass_on, session, child, talk.let_go)
        except (OSError, ValueError, KeyError):
            pass  # it has ended, or is none of ours
        finally:
            if session is None:
                talk.let_go()
            _pass_on(child, session)
            for end in (child, session):
                if end is not None:
                    _close(end)


class _Talk:
    """The Debug Adapter Protocol with a child, as far as it is spoken before the session takes over, and after."""

    def __init__(self, child: socket.socket) -> None:
        self._child = child
        self._seq = 0
        self._read = b""
        self.unread = b""  # what the child said that was no answer: for the session

    def ask(self, command: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self._send(command, arguments)
        while True:
            frame, message = self._receive()
            if message.get("type") == "response" and message.get("request_seq") == self._seq:
                if not message.get("success"):
                    raise ValueError(str(message.get("message")))
                return message.get("body") or {}
            self.unread += frame

    def let_go(self) -> None:
        """A child that waits for its breakpoints would wait for ever when the session is gone: tell it to go on."""
        try:
            for command in ("initialize", "attach", "configurationDone", "disconnect"):
                self._send(command, {"adapterID": "scoredock"} if command == "initialize" else {})
            self._child.shutdown(socket.SHUT_WR)  # whoever reads what it says sees the end when it has done all this
        except OSError:
            pass  # it has ended

    def _send(self, command: str, arguments: dict[str, Any]) -> None:
        self._seq += 1
        body = json.dumps({"seq": self._seq, "type": "request", "command": command, "arguments": arguments}).encode()
        self._child.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def _receive(self) -> tuple[bytes, dict[str, Any]]:
        while b"\r\n\r\n" not in self._read:
            self._more()
        head, _, _ = self._read.partition(b"\r\n\r\n")
        end = len(head) + 4 + int(head.partition(b":")[2])
        while len(self._read) < end:
            self._more()
        frame, self._read = self._read[:end], self._read[end:]
        return frame, json.loads(frame[len(head) + 4 :])

    def _more(self) -> None:
        data = self._child.recv(65536)
        if not data:
            raise OSError("the child has ended")
        self._read += data


def _pass_on(source: socket.socket, target: socket.socket | None, afterwards: Callable[[], None] | None = None) -> None:
    """Until the source ends. What the target does not want any more is read all the same: the source must not wait."""
    while True:
        try:
            data = source.recv(65536)
        except OSError:
            data = b""
        if not data:
            break
        if target is not None:
            try:
                target.sendall(data)
            except OSError:
                target = None
    if afterwards is not None:
        afterwards()


def _of_this_user(address: tuple[str, int], here: tuple[str, int]) -> bool:
    """Whether the other end of a connection may belong to a process of this user. (Linux says; a row can be missed while the
    table changes, and elsewhere there is none: then the secret alone has to do.)"""
    wanted = [_row(address), _row(here)]
    try:
        with open("/proc/net/tcp") as table:
            for line in table:
                columns = line.split()
                if columns[1:3] == wanted:
                    return int(columns[7]) == os.getuid()
    except OSError:
        pass
    return True


def _row(address: tuple[str, int]) -> str:
    return "%08X:%04X" % (struct.unpack("=I", socket.inet_aton(address[0]))[0], address[1])


def _close(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    sock.close()


def _start(work: Callable[..., None], *arguments: Any) -> None:
    thread = threading.Thread(target=work, args=arguments, name="scoredock.debug.child", daemon=True)
    overlook(thread)
    thread.start()
