"""Completion where Azure's names matter; everything else is other extensions' work."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lsprotocol import types

from scoredock.l10n import t
from scoredock.lsp import azure_names
from scoredock.lsp.environment_files import is_environment_file
from scoredock.lsp.features.hover import looks_like_deployment
from scoredock.lsp.yaml_keys import keys_above

if TYPE_CHECKING:
    from scoredock.lsp.documents import Document
    from scoredock.lsp.server import ScoredockServer

_VARIABLE = re.compile(r"(?:environ(?:\.get\(|\.setdefault\(|\.pop\(|\[)|getenv\()\s*[\"'](?P<typed>\w*)$")
_SCHEMA = re.compile(r"(?:inference_schema|input_schema|output_schema).*?\b(?P<typed>[A-Z]\w*)?$")
_PACKAGE = re.compile(r"^\s*-\s*(?P<typed>[A-Za-z][\w.-]*)?$")
_KEY = re.compile(r"^(?P<indent>\s*)(?:- )?(?P<typed>[\w$]*)$")
_VALUE = re.compile(r"^\s*(?:- )?(?P<key>[\w$]+)\s*:\s+(?P<typed>\w*)$")


async def answer(server: ScoredockServer, params: types.CompletionParams) -> types.CompletionList:
    document = server.documents.get(params.text_document.uri)
    items: list[types.CompletionItem] = []
    if document is not None:
        before = document.line(params.position.line)[: document.column(params.position)]
        if document.language == "python":
            items = _in_script(before)
        elif is_environment_file(document):
            items = _packages(document, before, params.position.line)
        elif document.language == "yaml" and looks_like_deployment(document):
            items = _in_deployment(document, before, params.position.line)
    return types.CompletionList(is_incomplete=False, items=items)


def _in_script(before: str) -> list[types.CompletionItem]:
    if _VARIABLE.search(before):
        return [_item(name, t(doc), types.CompletionItemKind.Constant) for name, doc in azure_names.VARIABLES.items()]
    if _SCHEMA.search(before):
        return [_item(name, t(doc), types.CompletionItemKind.Class) for name, doc in azure_names.SCHEMA_TYPES.items()]
    return []


def _in_deployment(document: Document, before: str, line: int) -> list[types.CompletionItem]:
    from scoredock.project.schema import section_of

    if value := _VALUE.match(before):
        section = section_of(keys_above(document, line))
        key = section.get(value["key"]) if section else None
        return [_item(name, "", types.CompletionItemKind.EnumMember) for name in (key.values if key else ())]
    typed = _KEY.match(before)
    if typed is None:
        return []
    above = keys_above(document, line, len(typed["indent"]))
    if above == ("environment_variables",):
        return [
            _item(name, t(doc), types.CompletionItemKind.Constant, f"{name}: ")
            for name, doc in azure_names.VARIABLES.items()
            if name not in azure_names.SET_BY_AZURE
        ]
    section = section_of(above)
    return [
        _item(key.name, key.doc, types.CompletionItemKind.Property, f"{key.name}: ")
        for key in (section or {}).values()
        if not key.ignored
    ]


def _packages(document: Document, before: str, line: int) -> list[types.CompletionItem]:
    """Packages that are in the lock of this environment, with the version that it came to."""
    if document.language == "yaml" and not _PACKAGE.match(before):
        return []
    from scoredock.environment.drift import resolved_of
    from scoredock.environment.sync import find
    from scoredock.lsp.environment_files import saved_specification_of

    specification = saved_specification_of(document)
    ready = find(specification) if specification else None
    if ready is None:
        return []
    in_pip = document.language != "yaml" or "pip" in keys_above(document, line)
    equals = "==" if in_pip else "="
    return [
        _item(
            item.name, t("resolved to {0}", item.version), types.CompletionItemKind.Module, f"{item.name}{equals}{item.version}"
        )
        for item in resolved_of(ready)
        if item.name and item.version
    ]


def _item(name: str, doc: str, kind: types.CompletionItemKind, text: str | None = None) -> types.CompletionItem:
    return types.CompletionItem(name, kind=kind, documentation=doc or None, insert_text=text, detail="Scoredock")
