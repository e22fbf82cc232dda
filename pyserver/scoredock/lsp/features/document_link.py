"""Paths in project files that exist here, to be followed with a click."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lsprotocol import types

if TYPE_CHECKING:
    from pathlib import Path

    from scoredock.lsp.documents import Document
    from scoredock.lsp.server import ScoredockServer

# Keys of deployment files (v2 YAML and v1 JSON) whose value is a path.
_PATH_KEYS = "|".join(
    (
        *("path", "code", "scoring_script", "conda_file", "dockerfile_path"),
        *("entryScript", "sourceDirectory", "condaDependenciesFile", "baseDockerfile", "file"),
    )
)
_YAML = re.compile(rf"^\s*(?:- )?(?:{_PATH_KEYS})\s*:\s*(?P<quote>[\"']?)(?P<path>[^\"'#\s][^\"'#]*?)(?P=quote)\s*(?:#.*)?$")
_JSON = re.compile(rf"\"(?:{_PATH_KEYS})\"\s*:\s*\"(?P<path>[^\"]+)\"")
_INCLUDED = re.compile(r"^\s*(?:- )?(?:-r|-c|--requirement|--constraint)[ =](?P<path>\S+)")


async def answer(server: ScoredockServer, params: types.DocumentLinkParams) -> list[types.DocumentLink]:
    document = server.documents.get(params.text_document.uri)
    if document is None or document.virtual or document.language == "python":
        return []
    links = []
    for number in range(len(document.starts)):
        line = document.line(number)
        for match in (_YAML.search(line), _JSON.search(line), _INCLUDED.search(line)):
            target = _target(document, match["path"]) if match else None
            if match and target:
                span = types.Range(
                    document.position(number + 1, match.start("path") + 1), document.position(number + 1, match.end("path") + 1)
                )
                links.append(types.DocumentLink(span, target=server.documents.uri(target)))
                break
    return links


def _target(document: Document, text: str) -> Path | None:
    """The file meant: beside this one, or inside the code folder that this one names."""
    if ":" in text:  # azureml:, https:
        return None
    folders = [document.path.parent]
    code = re.search(r"^\s*(?:code|\"sourceDirectory\")\s*:\s*[\"']?([^\"'#\s]+)", document.source, re.MULTILINE)
    if code:
        folders.append(document.path.parent / code[1])
    for folder in folders:
        target = folder / text
        if target.is_file():
            return target.resolve()
    return None
