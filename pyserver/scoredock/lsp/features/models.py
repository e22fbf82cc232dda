"""The registry of models, and what is inside a model file."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from scoredock.l10n import t
from scoredock.lsp.documents import path_of
from scoredock.lsp.model_facts import facts_of
from scoredock.lsp.protocol import DocumentParams, ModelList, ModelVersion, Nothing, RegisterParams
from scoredock.lsp.reporting import Reporting
from scoredock.lsp.wire import UserProblem

if TYPE_CHECKING:
    from scoredock.lsp.server import ScoredockServer
    from scoredock.models.records import RegisteredModel
    from scoredock.models.registry import Registry


async def models(server: ScoredockServer, _: Nothing) -> ModelList:
    def read() -> tuple[ModelVersion, ...]:
        found = _registry(server).models()
        return tuple(_view(server, model) for model in reversed(found))

    return ModelList(await asyncio.to_thread(read))


async def inspect_model(server: ScoredockServer, params: DocumentParams) -> ModelVersion:
    path = _file(params.uri)
    facts = await asyncio.to_thread(facts_of, path)
    return ModelVersion(path.name, "", params.uri, path.stat().st_size if path.is_file() else None, tuple(facts))


async def register_model(server: ScoredockServer, params: RegisterParams) -> ModelVersion:
    server.require_trust()
    path = _file(params.uri)
    with Reporting(server, params.work_done_token, t("Registering a model")) as reporting:
        model = await asyncio.to_thread(_registry(server).register, path, params.name, progress=reporting.hear)
    return _view(server, model)


def _registry(server: ScoredockServer) -> Registry:
    """The registry that the command line and the API would take in the editor's folder."""
    from scoredock.models.workspace import find_workspace

    folders = (path_of(uri) for uri in server.workspace.folders)
    return find_workspace(next((folder for folder in folders if folder is not None), Path.home())).registry


def _file(uri: str) -> Path:
    path = path_of(uri)
    if path is None or not path.exists():
        raise UserProblem(t("There is no such file on this machine. Choose a model file or folder."))
    return path


def _view(server: ScoredockServer, model: RegisteredModel) -> ModelVersion:
    facts = [(t("registered"), model.created[:16].replace("T", " ")), (t("description"), model.description)]
    facts.extend((t("tag {0}", name), value) for name, value in model.tags.items())
    return ModelVersion(
        model.name, model.version, server.documents.uri(model.path), model.size, tuple((w, v) for w, v in facts if v)
    )
