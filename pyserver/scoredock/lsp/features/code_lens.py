"""Actions above `init` and `run`, with the state of what runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from scoredock.l10n import deferred, t
from scoredock.lsp.scripts import Functions, functions_of

if TYPE_CHECKING:
    from scoredock.hosting.values import Service
    from scoredock.lsp.documents import Document
    from scoredock.lsp.server import ScoredockServer

# States in which a service answers, or will when its debugger lets it: `answers` in the client's services.ts.
ANSWERING = ("healthy", "unhealthy", "busy", "held")

# The states of a service, as texts for the reader: those of the Services view.
STATES = {
    "building": deferred("building"),
    "starting": deferred("starting"),
    "healthy": deferred("healthy"),
    "unhealthy": deferred("not healthy"),
    "busy": deferred("busy"),
    "held": deferred("paused in the debugger"),
    "crashed": deferred("crashed"),
    "stopped": deferred("stopped"),
}

_LAST: dict[str, Functions] = {}


async def answer(server: ScoredockServer, params: types.CodeLensParams) -> list[types.CodeLens]:
    document = server.documents.get(params.text_document.uri)
    if document is None or document.virtual or not server.settings.code_lenses:
        return []
    found = functions_of(document)
    if found is None:  # in the middle of typing: lenses that come and go would move the text up and down
        found = _LAST.get(document.uri)
    if found is None or not found.complete:
        return []
    _LAST[document.uri] = found
    services = server.watching.of_script(document.path)
    answering = tuple(service for service in services if service.state.value in ANSWERING)
    return [*_above_init(document, found, services), *_above_run(document, found, answering)]


def _above_init(document: Document, found: Functions, services: tuple[Service, ...]) -> list[types.CodeLens]:
    line = found.init or 0
    lenses = [
        _lens(line, f"$(pulse) {s.name}: {t(STATES[s.state.value])} :{s.port}", "scoredock.showServiceLog", s.name)
        for s in services
    ]
    again = t("Run again") if any(s.target == "process" for s in services) else t("Run locally")
    return [
        *lenses,
        _lens(line, f"$(play) {again}", "scoredock.run", document.uri),
        _lens(line, f"$(vm-running) {t('Run in Docker')}", "scoredock.runInDocker", document.uri),
    ]


def _above_run(document: Document, found: Functions, services: tuple[Service, ...]) -> list[types.CodeLens]:
    line = found.run or 0
    lenses = [_lens(line, f"$(beaker) {t('Score a sample')}", "scoredock.score", document.uri)]
    if services:
        lenses.append(_lens(line, f"$(debug-alt) {t('Debug a sample')}", "scoredock.debugSample", services[0].name))
        lenses.append(_lens(line, f"$(debug) {t('Attach debugger')}", "scoredock.attach", services[0].name))
    else:
        lenses.append(_lens(line, f"$(debug-alt) {t('Debug')}", "scoredock.debug", document.uri))
    return lenses


def _lens(line: int, title: str, command: str, argument: str) -> types.CodeLens:
    at = types.Position(line, 0)
    return types.CodeLens(types.Range(at, at), command=types.Command(title, command, arguments=[argument]))
