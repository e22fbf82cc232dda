"""When a document is checked, and with what.

Two passes: what the text alone says at once (after a short pause in typing), and what needs other files a little later.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from scoredock.lsp.documents import Document, Documents, path_of
from scoredock.lsp.observed import shift
from scoredock.lsp.store import Store

if TYPE_CHECKING:
    from scoredock.contract.facts import Facts

log = logging.getLogger("scoredock.lsp")

# Seconds of quiet before a changed document is checked: a burst of keys costs one check.
PAUSE = 0.05

CONTRACT, PROJECT, OBSERVED = "contract", "project", "observed"


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
        self._facts: dict[Path, Facts] = {}
        self._gathering: dict[Path, asyncio.Task[Any]] = {}
        self._trusted = False

    def warm_up(self) -> None:
        """Import the checks while the client is busy with our answer, not when the first document waits for them."""
        import scoredock.contract.check  # noqa: F401

    def check_soon(self, document: Document) -> None:
        """Check after a pause in typing."""
        self._forget_timer(document.uri)
        loop = asyncio.get_running_loop()
        self._waiting[document.uri] = loop.call_later(PAUSE, self._due, document.uri)

    def _due(self, uri: str) -> None:
        self._waiting.pop(uri, None)
        document = self._documents.get(uri)
        if document is not None:
            self._check(document)

    def check_now(self, document: Document, *, saved: bool = False) -> None:
        """Check at once, as on opening and saving."""
        self._forget_timer(document.uri)
        if saved and document.path is not None:
            self._store.put(document.path, OBSERVED, ())
        self._check(document)

    def _check(self, document: Document) -> None:
        if document.path is None:
            return
        if document.language == "python":
            from scoredock.contract.check import check
            from scoredock.contract.facts import Facts

            facts = self._facts.get(document.path) or Facts()
            self._store.put(document.path, CONTRACT, check(document.source, document.path, facts))
        self._store.publish(document.path, always=True)

    def forget(self, document: Document) -> None:
        """A closed document has no findings, whatever its file says, except what a service was seen to do in it."""
        self._forget_timer(document.uri)
        if document.path is not None:
            self._facts.pop(document.path, None)
            self._store.put(document.path, CONTRACT, ())
            self._store.publish(document.path, always=True)

    def shift_observed(self, document: Document, changes: Sequence[types.TextDocumentContentChangeEvent]) -> None:
        """Keep what was seen in a running service on its line while the document is edited."""
        if document.path is None:
            return
        findings = self._store.get(document.path, OBSERVED)
        if findings:
            self._store.put(document.path, OBSERVED, shift(findings, changes))

    def files_changed(self, uris: Iterable[str]) -> None:
        """Files changed on disk: what is open may have to be judged anew."""
        paths = {path for uri in uris if (path := path_of(uri)) is not None}
        if paths:
            for document in self._documents:
                self.check_soon(document)

    def trust(self, trusted: bool) -> None:
        """The user trusts the workspace (or no longer): only then may the environment's own Python be asked."""
        self._trusted = trusted

    def _forget_timer(self, uri: str) -> None:
        timer = self._waiting.pop(uri, None)
        if timer is not None:
            timer.cancel()

    def stop(self) -> None:
        """Check nothing more."""
        for timer in self._waiting.values():
            timer.cancel()
        self._waiting.clear()
