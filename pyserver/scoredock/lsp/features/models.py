"""The registry of models, and what is inside a model file."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from scoredock.folders import data_folder
from scoredock.lsp.documents import path_of
from scoredock.lsp.model_facts import facts_of
from scoredock.lsp.protocol import DocumentParams, ModelList, ModelVersion, Nothing, RegisterParams
from scoredock.lsp.reporting import Reporting
from scoredock.lsp.wire import UserProblem

if TYPE_CHECKING:
    from pathlib import Path

    from scoredock.lsp.server import ScoredockServer
    from scoredock.models.records import RegisteredModel


async def models(server: ScoredockServer, _: Nothing) -> ModelList:
    from scoredock.models.registry import Registry

    def read() -> tuple[ModelVersion, ...]:
        found = Registry(data_folder() / "models").models()
        return tuple(_view(server, model) for model in reversed(found))

    return ModelList(await asyncio.to_thread(read))


async def inspect_model(server: ScoredockServer, params: DocumentParams) -> ModelVersion:
    path = _file(params.uri)
    facts = await asyncio.to_thread(facts_of, path)
    return ModelVersion(path.name, "", params.uri, path.stat().st_size if path.is_file() else None, tuple(facts))


async def register_model(server: ScoredockServer, params: RegisterParams) -> ModelVersion:
    from scoredock.models.registry import Registry

    server.require_trust()
    path = _file(params.uri)
    with Reporting(server, params.work_done_token) as reporting:
        registry = Registry(data_folder() / "models")
        model = await asyncio.to_thread(registry.register, path, params.name, progress=reporting.hear)
    return _view(server, model)


def _file(uri: str) -> Path:
    path = path_of(uri)
    if path is None or not path.exists():
        raise UserProblem("There is no such file on this machine. Choose a model file or folder.")
    return path


def _view(server: ScoredockServer, model: RegisteredModel) -> ModelVersion:
    facts = [("kind", model.kind), ("registered", model.created[:16].replace("T", " ")), ("description", model.description)]
    facts.extend((f"tag {name}", value) for name, value in model.tags.items())
    return ModelVersion(
        model.name, model.version, server.documents.uri(model.path), model.size, tuple((w, v) for w, v in facts if v)
    )
