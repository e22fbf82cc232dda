"""Progress of a room's work, on its way to a notification in the editor."""

from __future__ import annotations

import asyncio
import time
from types import TracebackType
from typing import TYPE_CHECKING

from lsprotocol import types

from scoredock.progress import Step

if TYPE_CHECKING:
    from scoredock.lsp.server import ScoredockServer

# Seconds between two reports of the same step: an editor cannot draw faster, and a download reports every few kilobytes.
_PAUSE = 0.1


class Reporting:
    """Reports steps under the token that the client gave with its request; without one nothing is sent.

    ``hear`` may be called from any thread.
    """

    def __init__(self, server: ScoredockServer, token: str | int | None, what: str) -> None:
        self._server = server
        self._what = what
        self._token = token
        self._loop = asyncio.get_running_loop()
        self._title = ""
        self._last = 0.0
        self._open = False

    def hear(self, step: Step) -> None:
        if self._token is None:
            return
        now = time.monotonic()
        if step.title == self._title and now - self._last < _PAUSE:
            return
        self._title, self._last = step.title, now
        self._loop.call_soon_threadsafe(self._report, step)

    def _report(self, step: Step) -> None:
        if not self._open:
            return
        percentage = min(100, int(100 * (step.done or 0) / step.total)) if step.total else None
        message = f"{step.title}: {step.detail}" if step.detail else step.title
        self._send(types.WorkDoneProgressReport(message=message, percentage=percentage))

    def _send(self, value: types.WorkDoneProgressBegin | types.WorkDoneProgressReport | types.WorkDoneProgressEnd) -> None:
        if self._token is not None:
            self._server.progress(types.ProgressParams(token=self._token, value=value))

    def __enter__(self) -> Reporting:
        self._open = True
        self._server.busy(self._what)
        self._send(types.WorkDoneProgressBegin(title="Scoredock", cancellable=True))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._open = False
        self._server.idle(self._what)
        self._send(types.WorkDoneProgressEnd())
