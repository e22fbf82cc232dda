"""Findings by source, and their way to the client.

A document's findings come from several sources at several speeds (the contract at every key, project files when they
change, what a service was seen to do). Each source replaces its own; what is published is all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from lsprotocol import types

from scoredock.finding import Finding, Severity
from scoredock.lsp.documents import Documents, Text

SOURCE = "scoredock"

_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFORMATION: types.DiagnosticSeverity.Information,
}


@cache
def _page(code: str) -> types.CodeDescription | None:
    """The page that a code links to."""
    from scoredock.contract.explain import link

    address = link(code)
    return types.CodeDescription(address) if address else None


class Store:
    """All that is known to be wrong, by file and source."""

    def __init__(self, documents: Documents, publish: Callable[[types.PublishDiagnosticsParams], None]) -> None:
        self._documents = documents
        self._publish = publish
        self._findings: dict[Path, dict[str, tuple[Finding, ...]]] = {}
        self._published: dict[Path, tuple[Finding, ...]] = {}
        self.ignored: frozenset[str] = frozenset()

    def put(self, path: Path, source: str, findings: Iterable[Finding]) -> None:
        """Replace what ``source`` says of a file; nothing is sent yet."""
        found = tuple(findings)
        sources = self._findings.setdefault(path, {})
        if found:
            sources[source] = found
        else:
            sources.pop(source, None)
        if not sources:
            del self._findings[path]

    def get(self, path: Path, source: str) -> tuple[Finding, ...]:
        """What one source says of a file."""
        return self._findings.get(path, {}).get(source, ())

    def of(self, path: Path) -> tuple[Finding, ...]:
        """All findings of a file that the user wants to see, without doubles, in reading order."""
        every = {finding: None for findings in self._findings.get(path, {}).values() for finding in findings}
        return tuple(
            sorted(
                (f for f in every if f.code not in self.ignored and f.name not in self.ignored),
                key=lambda f: (f.place.line, f.place.column, f.code),
            )
        )

    def files_of(self, source: str) -> tuple[Path, ...]:
        """The files of which a source says anything."""
        return tuple(path for path, sources in self._findings.items() if source in sources)

    def publish(self, path: Path, *, always: bool = False) -> None:
        """Send a file's findings if they changed; ``always`` for an open document, whose version has moved on."""
        findings = self.of(path)
        if not always and findings == self._published.get(path, ()):
            return
        document = self._documents.at(path)
        text = document or self._documents.text(path)
        self._publish(
            types.PublishDiagnosticsParams(
                uri=self._documents.uri(path),
                version=document.version if document else None,
                diagnostics=[self._diagnostic(finding, text) for finding in findings],
            )
        )
        if findings:
            self._published[path] = findings
        else:
            self._published.pop(path, None)

    def publish_all(self) -> None:
        """Send every file again, as when the settings changed what is to be seen."""
        for path in {*self._findings, *self._published}:
            self.publish(path, always=True)

    def _diagnostic(self, finding: Finding, text: Text) -> types.Diagnostic:
        return types.Diagnostic(
            range=text.range(finding.place),
            message=finding.message,
            severity=_SEVERITIES[finding.severity],
            code=finding.code,
            code_description=_page(finding.code),
            source=SOURCE,
            related_information=[
                types.DiagnosticRelatedInformation(
                    location=types.Location(self._documents.uri(place.path), self._documents.text(place.path).range(place)),
                    message=sentence,
                )
                for place, sentence in finding.related
            ]
            or None,
            data={"name": finding.name},
        )
