"""When a document is checked, and with what.

Two passes: what the text of a script says by itself, at once (after a short pause in typing); and what needs other files,
in a thread, a little later. Each pass replaces its own findings and leaves the other's alone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from scoredock.errors import ScoredockError
from scoredock.lsp.documents import Document, Documents
from scoredock.lsp.observed import shift
from scoredock.lsp.store import Store

if TYPE_CHECKING:
    from scoredock.contract.facts import Facts
    from scoredock.lsp.surroundings import Around, Running

log = logging.getLogger("scoredock.lsp")

# Seconds of quiet before a changed document is checked: a burst of keys costs one check.
PAUSE = 0.05
# Seconds of quiet before the files around a script are read anew: what it imports may have changed.
LONGER_PAUSE = 0.4

CONTRACT, OBSERVED = "contract", "observed"


class Analysis:
    """Checks open documents and puts what it finds into the store."""

    def __init__(
        self,
        documents: Documents,
        store: Store,
        in_background: Callable[[Coroutine[Any, Any, Any]], asyncio.Task[Any]],
    ) -> None:
        self._documents = documents
        self._store = store
        self._in_background = in_background
        self._waiting: dict[str, asyncio.TimerHandle] = {}
        self._later: dict[str, asyncio.TimerHandle] = {}
        self._facts: dict[Path, Facts] = {}
        self._looking: dict[str, asyncio.Task[Any]] = {}
        self._trusted = False
        self._running: Running = {}

    def warm_up(self) -> None:
        """Import the checks while the client is busy with our answer, not when the first document waits for them."""
        from scoredock.contract.check import load_rules

        load_rules()

    def check_soon(self, document: Document) -> None:
        """Check after a pause in typing."""
        self._forget_timer(document.uri)
        loop = asyncio.get_running_loop()
        self._waiting[document.uri] = loop.call_later(PAUSE, self._due, document.uri)

    def _due(self, uri: str) -> None:
        self._waiting.pop(uri, None)
        document = self._documents.get(uri)
        if document is None:
            return
        if document.language == "python":
            self._check_text(document)
            self._forget_timer(uri, self._later)
            self._later[uri] = asyncio.get_running_loop().call_later(LONGER_PAUSE, self._longer_due, uri)
        else:
            self._look_around(document)
            self._look_around_others(document)

    def _longer_due(self, uri: str) -> None:
        self._later.pop(uri, None)
        document = self._documents.get(uri)
        if document is not None:
            self._look_around(document)
            self._look_around_others(document)

    def check_now(self, document: Document, *, saved: bool = False) -> None:
        """Check at once, as on opening and saving."""
        self._forget_timer(document.uri)
        if saved:
            self._store.put(document.path, OBSERVED, ())
        if document.language == "python":
            self._check_text(document)
        self._look_around(document)

    def _check_text(self, document: Document) -> None:
        from scoredock.contract.check import check

        facts = self._facts.get(document.path)
        if facts is not None and facts.syntax is not None:
            # The verdict of the environment's Python is on the text as it was; ours stands in until it is asked again.
            facts = self._facts[document.path] = replace(facts, syntax=None)
        self._store.put(document.path, CONTRACT, check(document.source, document.path, facts))
        self._store.publish(document.path, always=True)

    # The second pass.

    def _look_around_others(self, changed: Document) -> None:
        """What one open document says may concern the others: a deployment file its script, a module its importers."""
        for document in self._documents:
            if document is not changed and not document.virtual and document.path.is_relative_to(changed.path.parent):
                self._look_around(document)

    def _look_around(self, document: Document) -> None:
        if document.virtual:
            if document.language != "python":
                self._store.publish(document.path, always=True)
            return
        running = self._looking.get(document.uri)
        if running is not None:
            running.cancel()
        self._looking[document.uri] = self._in_background(self._look(document))

    async def _look(self, document: Document) -> None:
        version = document.version
        from scoredock.lsp.surroundings import look_around

        text = document.source if document.language == "python" else None
        overlay = self._documents.overlay()
        try:
            around = await asyncio.to_thread(
                look_around, document.path, text, overlay, trusted=self._trusted, running=self._running
            )
        except ScoredockError as error:
            log.warning("%s: %s", document.path, error)
            return
        if self._documents.get(document.uri) is document and document.version == version:
            self._take(document, around)

    def _take(self, document: Document, around: Around) -> None:
        source = f"project of {document.path}"
        by_file: dict[Path, list[Any]] = {path: [] for path in self._store.files_of(source)}
        for finding in around.findings:
            by_file.setdefault(finding.place.path, []).append(finding)
        for path, findings in by_file.items():
            self._store.put(path, source, findings)
            if path != document.path:
                self._store.publish(path)
        if around.facts is not None and around.facts != self._facts.get(document.path):
            from scoredock.contract.check import check

            self._facts[document.path] = around.facts
            self._store.put(document.path, CONTRACT, check(document.source, document.path, around.facts))
        self._store.publish(document.path, always=document.language != "python")

    def forget(self, document: Document) -> None:
        """A closed document has no findings, whatever its file says, except what a service was seen to do in it."""
        self._forget_timer(document.uri)
        self._forget_timer(document.uri, self._later)
        running = self._looking.pop(document.uri, None)
        if running is not None:
            running.cancel()
        self._facts.pop(document.path, None)
        self._store.put(document.path, CONTRACT, ())
        source = f"project of {document.path}"
        for path in self._store.files_of(source):
            self._store.put(path, source, ())
            self._store.publish(path)
        self._store.publish(document.path, always=True)

    # What happens elsewhere.

    def shift_observed(self, document: Document, changes: Sequence[types.TextDocumentContentChangeEvent]) -> None:
        """Keep what was seen in a running service on its line while the document is edited."""
        findings = self._store.get(document.path, OBSERVED)
        if findings:
            self._store.put(document.path, OBSERVED, shift(findings, changes))

    def files_changed(self, paths: Iterable[Path]) -> None:
        """Files changed on disk: what is open may have to be judged anew. Changes of open files come as edits."""
        changed = [path for path in paths if self._documents.at(path) is None]
        for document in self._documents:
            # Only what lies in the folder of the document or below it, or directly above: its project.
            if any(path.is_relative_to(document.path.parent) or path.parent in document.path.parents for path in changed):
                self._look_around(document)

    def environment_changed(self) -> None:
        """An environment was made: what a script may import has changed."""
        for document in self._documents:
            self._look_around(document)

    def services_run(self, running: Running) -> None:
        """Other services run, or with other packages: the lines of their environment files may say something else."""
        if running != self._running:
            self._running = running
            for document in self._documents:
                if document.language != "python":
                    self._look_around(document)

    def trust(self, trusted: bool) -> None:
        """The user trusts the workspace (or no longer): only then may the environment's own Python be asked."""
        self._trusted = trusted
        self.environment_changed()

    def _forget_timer(self, uri: str, timers: dict[str, asyncio.TimerHandle] | None = None) -> None:
        timer = (self._waiting if timers is None else timers).pop(uri, None)
        if timer is not None:
            timer.cancel()

    def stop(self) -> None:
        """Check nothing more."""
        for timers in (self._waiting, self._later):
            for timer in timers.values():
                timer.cancel()
            timers.clear()
