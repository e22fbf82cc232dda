"""Findings from the log of a service that runs: requests that failed, at the line that failed."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from scoredock.finding import Finding, Place
from scoredock.hosting import crash
from scoredock.hosting.traceback_text import Block, Reader
from scoredock.hosting.values import Batch
from scoredock.l10n import t

LINES_ATTACHED = 3  # of the log before the failure
RECENT = 500  # lines: those of a moment just past are among them
PRECISION = 0.001  # seconds, of the times in the server's log, which are cut off
_NOISE = ("gunicorn.access", "gunicorn.error", "azmlinfsrv - POST", "azmlinfsrv - GET")


@dataclass
class Observer:
    """Fed with a log line by line; a finding for each failed request whose fault is in the script.

    SD502: ``run`` raised. SD503: what it returned cannot be made into JSON (the server calls that its own internal error).
    """

    paths: crash.Paths
    _reader: Reader = field(default_factory=Reader)
    _before: deque[str] = field(default_factory=lambda: deque(maxlen=LINES_ATTACHED))

    def feed(self, line: str) -> Finding | None:
        block = self._reader.feed(line)
        found = self.judge(block) if block else None
        if not self._reader.inside and not any(noise in line for noise in _NOISE):
            self._before.append(line)
        return found

    def judge(self, block: Block) -> Finding | None:
        """The finding for one traceback of the log; None if no request failed by it."""
        last = block.errors[-1]
        if block.fatal:
            return self._raised(last, [], t("run() ended the worker: {0}.", last["message"]))
        if last["type"] == "UserScriptException" and len(block.errors) > 1:
            raised = block.errors[-2]
            if any(frame["function"] == "invoke_init" for frame in raised["frames"]):
                return None  # a start or an update: the engine reports it
            return self._raised(raised, list(block.errors[-3::-1]), t("run() raised {0}.", crash.said(raised)))
        functions = {frame["function"] for frame in last["frames"]}
        if "handle_abort" in functions and last["type"] == "SystemExit":
            return self._raised(last, [], t("The request took longer than WORKER_TIMEOUT; the server ended the worker."))
        if "invoke_run" in functions:
            return self._raised(last, [], t("run() raised {0}.", crash.said(last)))
        if "handle_score" in functions or "wrap_response" in functions:
            place = crash.definition_place(self.paths.entry_script, "run")
            return crash.finding(
                "SD503", place, t("What run() returned cannot be sent: {0}.", crash.said(last)), self._lines(place)
            )
        return None

    def _raised(self, error: dict[str, object], causes: list[dict[str, object]], message: str) -> Finding:
        chain = [error, *causes]
        places = [crash.own_place(one, self.paths) for one in chain]
        place = next((found for found in places if found), None) or crash.definition_place(self.paths.entry_script, "run")
        related = [
            (there or place, t("caused by {0}", crash.said(one))) for one, there in list(zip(chain, places, strict=True))[1:]
        ]
        return crash.finding("SD502", place, message, [*related, *self._lines(place)])

    def _lines(self, place: Place) -> list[tuple[Place, str]]:
        return [(place, t("log: {0}", line)) for line in self._before]


def last_lines(since: float | None) -> int:
    """How much of the log that is there already has to be read: nothing, unless it is asked what was since a moment."""
    return 0 if since is None else RECENT


async def findings_of(batches: AsyncIterator[Batch], paths: crash.Paths, since: float | None = None) -> AsyncIterator[Finding]:
    """A finding for every request that fails, as it fails; with ``since`` the lines before that moment (seconds since the
    epoch) are passed over. Lines without a time belong to the one before them."""
    observer = Observer(paths)
    wanted = since is None
    async for batch in batches:
        for line in batch:
            if since is not None and line.time is not None:
                wanted = line.time >= since - PRECISION
            if wanted and (found := observer.feed(line.text)):
                yield found
