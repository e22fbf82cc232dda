"""The fixes of findings as quick fixes, and all safe ones at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lsprotocol import types

from scoredock.finding import Finding, Fix
from scoredock.l10n import t

if TYPE_CHECKING:
    from scoredock.lsp.documents import Document
    from scoredock.lsp.server import ScoredockServer

RAISED_IN_RUN = ("SD502", "SD503")


async def answer(server: ScoredockServer, params: types.CodeActionParams) -> list[types.CodeAction]:
    document = server.documents.get(params.text_document.uri)
    if document is None:
        return []
    wanted = params.context.only
    every = server.store.of(document.path)
    actions: list[types.CodeAction] = []
    if _asked(types.CodeActionKind.QuickFix, wanted):
        for finding in every:
            if finding.fix is not None and _meet(document.range(finding.place), params.range):
                actions.append(_quick_fix(server, finding, finding.fix, params.context.diagnostics))
            if finding.code in RAISED_IN_RUN and _meet(document.range(finding.place), params.range):
                actions.extend(_replay(server, document, finding, params.context.diagnostics))
    if _asked(types.CodeActionKind.SourceFixAll, wanted) and wanted is not None:
        fixes = _without_overlap([finding.fix for finding in every if finding.fix is not None])
        if fixes:
            actions.append(
                types.CodeAction(
                    t("Fix all Scoredock findings"),
                    kind=f"{types.CodeActionKind.SourceFixAll.value}.scoredock",
                    edit=_edit(server, fixes),
                )
            )
    return actions


def _replay(
    server: ScoredockServer, document: Document, finding: Finding, diagnostics: Sequence[types.Diagnostic]
) -> list[types.CodeAction]:
    """The request that failed, once more, stopped where it fails."""
    running = server.watching.of_script(document.path)
    title = t("Replay under the debugger")
    return [
        types.CodeAction(
            title if len(running) == 1 else f"{title} ({service.name})",
            kind=types.CodeActionKind.QuickFix,
            diagnostics=_about(finding, diagnostics),
            command=types.Command(title, "scoredock.replay", arguments=[service.name]),
        )
        for service in running
    ]


def _quick_fix(server: ScoredockServer, finding: Finding, fix: Fix, diagnostics: Sequence[types.Diagnostic]) -> types.CodeAction:
    return types.CodeAction(
        fix.title,
        kind=types.CodeActionKind.QuickFix,
        diagnostics=_about(finding, diagnostics),
        is_preferred=True,
        edit=_edit(server, [fix]),
    )


def _about(finding: Finding, diagnostics: Sequence[types.Diagnostic]) -> list[types.Diagnostic] | None:
    found = [d for d in diagnostics if d.code == finding.code and d.range.start.line == finding.place.line - 1]
    return found or None


def _edit(server: ScoredockServer, fixes: list[Fix]) -> types.WorkspaceEdit:
    changes: dict[str, list[types.TextEdit]] = {}
    for fix in fixes:
        for edit in fix.edits:
            text = server.documents.text(edit.place.path)
            uri = server.documents.uri(edit.place.path)
            changes.setdefault(uri, []).append(types.TextEdit(text.range(edit.place), edit.text))
    return types.WorkspaceEdit(changes=changes)


def _asked(kind: types.CodeActionKind, wanted: object) -> bool:
    """Whether the client wants this kind: kinds are a hierarchy, ``source`` asks for ``source.fixAll`` too."""
    if not isinstance(wanted, (list, tuple)):
        return True
    for want in wanted:
        name = str(getattr(want, "value", want))
        if kind.value == name or kind.value.startswith(name + ".") or name.startswith(kind.value + "."):
            return True
    return False


def _meet(one: types.Range, other: types.Range) -> bool:
    return (one.start.line, one.start.character) <= (other.end.line, other.end.character) and (
        other.start.line,
        other.start.character,
    ) <= (one.end.line, one.end.character)


def _without_overlap(fixes: list[Fix]) -> list[Fix]:
    """Fixes that can be made together; one that touches a place already taken waits for the next time."""
    taken: list[tuple[object, tuple[int, int], tuple[int, int]]] = []
    kept: list[Fix] = []
    for fix in fixes:
        spans = [(e.place.path, (e.place.line, e.place.column), (e.place.end_line, e.place.end_column)) for e in fix.edits]
        if any(path == p and start <= e and s <= end for path, start, end in spans for p, s, e in taken):
            continue
        taken.extend(spans)
        kept.append(fix)
    return kept
