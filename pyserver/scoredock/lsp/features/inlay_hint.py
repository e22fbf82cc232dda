"""The version that a line of an environment file came to, behind the line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from scoredock.lsp.environment_files import is_environment_file, lines_of

if TYPE_CHECKING:
    from scoredock.lsp.server import ScoredockServer


async def answer(server: ScoredockServer, params: types.InlayHintParams) -> list[types.InlayHint]:
    document = server.documents.get(params.text_document.uri)
    if document is None or not server.settings.inlay_hints or not is_environment_file(document):
        return []
    hints = []
    for line in lines_of(server, document):
        if line.place is None or not params.range.start.line <= line.place.line - 1 <= params.range.end.line:
            continue
        version = line.installed or line.resolved
        if version is None or version in line.wanted:
            continue  # a pin says it itself
        text = document.line(line.place.line - 1)
        hints.append(
            types.InlayHint(
                document.position(line.place.line, len(text) + 1),
                label=version,
                padding_left=True,
                tooltip=line.message,
            )
        )
    return hints
