"""What the script turns out to load: imported before the next fork, when nobody waits.

Unpickling a model imports libraries that the script never names. A worker that is ready says what it has loaded; what the
arbiter lacks is first tried in a child that is thrown away, then imported here, one module at a time between two
looks at the world. What would take much memory waits for the first update: until then the worker has its own of it, and
a service that is never edited would have it twice.
"""

from __future__ import annotations

import json
import os
import selectors
import sys
import time
from typing import TYPE_CHECKING

from . import imports, preload, unsafe

if TYPE_CHECKING:
    from .arbiter import Arbiter


PAUSE = 1.0  # seconds after the last update
LIGHT = 20 * 1024 * 1024  # bytes that may be had twice until the first update


class Learning:
    """Keeps ``preloaded`` up to date with the script."""

    def __init__(self, arbiter: Arbiter, preloaded: preload.Preloaded) -> None:
        self._arbiter = arbiter
        self.preloaded = preloaded
        self.seen: set[str] = set()
        self.fork_safe = True
        self._files: set[str] = set()
        self._trial: preload.Trial | None = None
        self._judged: set[str] = set()
        self._todo: list[str] = []
        self.postponed: list[str] = []  # takes much memory: left for the next update
        self._answer = b""
        self._quiet_from = 0.0

    @property
    def has_work(self) -> bool:
        return bool(self._todo) and time.monotonic() >= self._quiet_from

    def read_sources(self) -> imports.Wanted:
        """The user's code as it is on the disk now."""
        return imports.wanted(self._arbiter.script, sorted(self._files))

    def hear(self, libraries: list[str], files: list[str]) -> None:
        """A worker is ready and had to load these after its fork."""
        self.seen.update(libraries)
        self._files.update(files)

    def not_now(self) -> None:
        """Somebody is at it: an import here would make them wait."""
        self._quiet_from = time.monotonic() + PAUSE

    def step(self) -> None:
        """Do a little, if nothing else is under way."""
        if time.monotonic() < self._quiet_from:
            return
        if self._arbiter.updating is not None or not self._arbiter.ever_ready or not self.fork_safe:
            return
        if self._todo:
            self._take([self._todo.pop(0)])
        elif self._trial is None:
            self._begin_trial()

    def _begin_trial(self) -> None:
        lacking = [
            name
            for name in sorted(self.seen - self._judged)
            if name not in sys.modules
            and unsafe.reason_against(name) is None
            and name.partition(".")[0] not in self.preloaded.refused
        ]
        self._judged |= self.seen
        if not lacking:
            return
        self._trial = preload.try_out(lacking)
        self._arbiter.selector.register(self._trial.answer, selectors.EVENT_READ, lambda _: self._tried())

    def _tried(self) -> None:
        trial = self._trial
        if trial is None:
            return
        try:
            chunk = os.read(trial.answer, 65536)
        except BlockingIOError:
            return
        if chunk:
            self._answer += chunk
            return
        self._arbiter.selector.unregister(trial.answer)
        os.close(trial.answer)
        try:
            told = json.loads(self._answer)
        except ValueError:
            told = {"harmless": [], "bytes": 0}  # it died on the way: nothing of it is worth the risk
        if told["bytes"] <= LIGHT:
            self._todo = told["harmless"]
        else:
            self.postponed += told["harmless"]
        self._trial, self._answer = None, b""

    def finish(self) -> None:
        """Before an update: all that has passed its trial at once. The new worker would import it anyhow, and so would the one
        after it: of 25 edits saved in a row, each as soon as the last was in, the first fifteen used to be slow."""
        names, self._todo, self.postponed = self.postponed + self._todo, [], []
        if names and self.fork_safe:
            self._take(names)

    def _take(self, names: list[str]) -> None:
        try:
            self.preloaded.take(names)
        except preload.Tainted as taint:
            # It did no harm in the trial. Workers are still forked, as nothing better is left, and status says so.
            self.fork_safe = False
            self._arbiter.log.warning("Importing %s before the fork was not safe: %s", taint.module, taint.reason)
