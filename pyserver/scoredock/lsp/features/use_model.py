"""Writing a model into a deployment file: which files there are, and the change that the client makes in one."""

from __future__ import annotations

import asyncio
import os
from bisect import bisect_right
from collections.abc import Iterable
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from scoredock.l10n import t
from scoredock.lsp.documents import Text, path_of
from scoredock.lsp.protocol import DeploymentFile, DeploymentFileList, Nothing, TextChange, UseModelParams
from scoredock.lsp.wire import UserProblem

if TYPE_CHECKING:
    from lsprotocol import types

    from scoredock.lsp.server import ScoredockServer
    from scoredock.project.values import Project


async def deployment_files(server: ScoredockServer, _: Nothing) -> DeploymentFileList:
    """The deployment files of the open folders, as the editor shows them."""
    from scoredock.project import find_projects
    from scoredock.project.values import Source

    folders = [folder for uri in server.workspace.folders if (folder := path_of(uri)) is not None]
    overlay = server.documents.overlay()

    def find() -> tuple[DeploymentFile, ...]:
        found: dict[Path, DeploymentFile] = {}
        for folder in folders:
            for reading in find_projects(folder, overlay=overlay):
                project = reading.project
                if project is not None and project.source is Source.DEPLOYMENT:
                    name = project.file.relative_to(folder).as_posix()
                    uri = server.documents.uri(project.file)
                    found.setdefault(project.file, DeploymentFile(uri, name, _served_by(project)))
        return tuple(found.values())

    return DeploymentFileList(await asyncio.to_thread(find))


def _served_by(project: Project) -> str:
    model = next(iter(project.models), None)
    return "" if model is None else model.reference or (model.source.name if model.source else "")


async def use_model(server: ScoredockServer, params: UseModelParams) -> TextChange:
    from scoredock.models.use_in_deployment import use_path, use_reference

    server.require_trust()
    deployment = path_of(params.deployment_uri)
    if deployment is None:
        raise UserProblem(t("The deployment file is not on this machine. Choose another."))
    text = server.documents.text(deployment)
    if params.reference:
        changed = use_reference(text.source, params.reference)
    else:
        model = path_of(params.model_uri)
        if model is None or not model.exists():
            raise UserProblem(t("There is no such file on this machine. Choose a model file or folder."))
        changed = use_path(text.source, _relative(model, deployment.parent))
    return _change(params.deployment_uri, text, changed)


def _relative(model: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(model, folder)).as_posix()
    except ValueError:  # another drive of Windows
        return model.as_posix()


def _change(uri: str, text: Text, changed: str) -> TextChange:
    """The one range in which the texts differ: a cursor elsewhere stays where it is, and undo undoes this alone."""
    before = text.source
    start = _alike(before, changed)
    same = _alike(reversed(before[start:]), reversed(changed[start:]))
    end = len(before) - same
    first, last = _position(text, start), _position(text, end)
    return TextChange(uri, first.line, first.character, last.line, last.character, changed[start : len(changed) - same])


def _alike(one: Iterable[str], other: Iterable[str]) -> int:
    """How many characters are the same at the beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _position(text: Text, offset: int) -> types.Position:
    line = bisect_right(text.starts, offset)
    return text.position(line, offset - text.starts[line - 1] + 1)
