"""A session with the server over its real pipes, message by message: what a client library would hide can be sent too."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Message = dict[str, Any]
PATIENCE = 60.0  # seconds: far more than anything takes, since the machine may be busy with something else


class Session:
    """One server process; everything it says is kept in the order it came."""

    def __init__(self, *command: str, trusted: bool = True, settings: Message | None = None, cwd: Path | None = None) -> None:
        self.process = subprocess.Popen(
            command or (sys.executable, "-m", "scoredock", "lsp"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=os.environ,
        )
        self._said: queue.Queue[Message | None] = queue.Queue()
        self._unread: list[Message] = []
        self._number = 0
        self.stderr = b""
        self.answers: dict[Any, Message] = {}
        self.diagnostics: dict[str, Message] = {}
        self.settings = {"trusted": trusted, **(settings or {})}
        threading.Thread(target=self._read, daemon=True).start()
        self._errors = threading.Thread(target=self._read_errors, daemon=True)
        self._errors.start()

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while line := stream.readline():
            # Anything but a header here is a stray print: the session would be lost with a real client.
            assert line.startswith(b"Content-Length: "), line
            length = int(line.split(b":")[1])
            while stream.readline().strip():
                pass
            self._said.put(json.loads(stream.read(length)))
        self._said.put(None)

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.stderr += line

    def send_bytes(self, body: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.process.stdin.flush()

    def send(self, **message: Any) -> None:
        self.send_bytes(json.dumps({"jsonrpc": "2.0", **message}).encode())

    def notify(self, method: str, params: Any = None) -> None:
        self.send(method=method, params=params)

    def ask(self, method: str, params: Any = None) -> int:
        """Send a request and go on; its answer is for `answer`."""
        self._number += 1
        self.send(id=self._number, method=method, params=params)
        return self._number

    def answer(self, number: Any, timeout: float = PATIENCE) -> Message:
        """The answer to a request, result or error."""
        self.until(lambda: number in self.answers, f"an answer to request {number}", timeout)
        return self.answers.pop(number)

    def request(self, method: str, params: Any = None, timeout: float = PATIENCE) -> Any:
        """The result of a request; an error is a failure of the test."""
        answer = self.answer(self.ask(method, params), timeout)
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def until(self, condition: Callable[[], bool], what: str, timeout: float = PATIENCE) -> None:
        """Read what the server says until a condition holds."""
        deadline = time.monotonic() + timeout
        while not condition():
            self.read_one(deadline, what)

    def read_one(self, deadline: float, what: str) -> Message:
        try:
            message = self._said.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise AssertionError(f"in vain waited for {what}\n{self.stderr.decode()[-3000:]}") from None
        assert message is not None, f"the server ended while {what} was waited for\n{self.stderr.decode()[-3000:]}"
        if "id" in message and "method" in message:
            self.send(id=message["id"], result=None)
        elif "id" in message:
            self.answers[message["id"]] = message
        elif message["method"] == "textDocument/publishDiagnostics":
            self.diagnostics[message["params"]["uri"]] = message["params"]
        self._unread.append(message)
        return message

    def quiet(self, seconds: float) -> list[Message]:
        """Everything that comes until nothing has come for a while."""
        start = len(self._unread)
        while True:
            try:
                self.read_one(time.monotonic() + seconds, "nothing")
            except AssertionError as silence:
                if "in vain" not in str(silence):
                    raise
                return self._unread[start:]

    def heard(self, method: str) -> list[Any]:
        """The parameters of all notifications of a kind so far."""
        return [message["params"] for message in self._unread if message.get("method") == method]

    def start(self, capabilities: Message | None = None, folders: Sequence[Path] = (), locale: str | None = None) -> Message:
        params = {"processId": None, "rootUri": None, "capabilities": capabilities or {}, "initializationOptions": self.settings}
        if locale:
            params["locale"] = locale
        if folders:
            params["workspaceFolders"] = [{"uri": folder.as_uri(), "name": folder.name} for folder in folders]
        result: Message = self.request("initialize", params)
        self.notify("initialized", {})
        return result

    def open(self, path: Path, text: str, language: str = "python", version: int = 1) -> str:
        uri = path.as_uri()
        item = {"uri": uri, "languageId": language, "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})
        return uri

    def change(self, uri: str, version: int, *changes: Message) -> None:
        self.notify("textDocument/didChange", {"textDocument": {"uri": uri, "version": version}, "contentChanges": list(changes)})

    def codes(self, uri: str, version: int | None = None) -> list[str]:
        """The codes of a document's findings, once those of a version have come."""
        self.until(
            lambda: uri in self.diagnostics and (version is None or self.diagnostics[uri].get("version") == version),
            f"diagnostics of {uri} version {version}",
        )
        return [diagnostic.get("code", "") for diagnostic in self.diagnostics[uri]["diagnostics"]]

    def all_errors(self) -> bytes:
        """All that it has written on standard error, once it has ended: its last words are read a moment later."""
        self._errors.join(PATIENCE)
        return self.stderr

    def stop(self) -> float:
        """End the session as a client does; the seconds it took."""
        started = time.monotonic()
        self.answer(self.ask("shutdown"))
        self.notify("exit")
        self.process.wait(PATIENCE)
        return time.monotonic() - started

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)
