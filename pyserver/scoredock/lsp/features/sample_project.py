"""Making the sample project: the same files as `scoredock new`."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

from scoredock.errors import ScoredockError
from scoredock.l10n import t
from scoredock.lsp import tools
from scoredock.lsp.documents import path_of
from scoredock.lsp.protocol import DocumentParams, SampleProject
from scoredock.lsp.reporting import Reporting
from scoredock.lsp.wire import UserProblem
from scoredock.progress import Step

if TYPE_CHECKING:
    from scoredock.lsp.server import ScoredockServer


async def new_sample(server: ScoredockServer, params: DocumentParams) -> SampleProject:
    """Write the files, then make the environment and train the model in it; the files stay when that cannot be done now."""
    from scoredock.project.sample import write_sample

    server.require_trust()
    folder = path_of(params.uri)
    if folder is None:
        raise UserProblem(t("The sample project needs a folder on this machine. Choose another."))
    note = ""
    with Reporting(server, params.work_done_token, t("Making the sample project")) as reporting:
        reporting.hear(Step(t("Writing the files")))
        await asyncio.to_thread(write_sample, folder)
        try:
            await _train(server, folder, reporting)
        except ScoredockError as error:
            note = f"{t('The files are there; the model is not trained yet.')} {error}"
    return SampleProject(server.documents.uri(folder / "score.py"), note)


async def _train(server: ScoredockServer, folder: Path, reporting: Reporting) -> None:
    offline = server.settings.offline
    await tools.ensure(reporting.hear, offline=offline, python=server.settings.tools_python)
    from scoredock.environment.sample import register_sample
    from scoredock.environment.sync import read_specification, sync
    from scoredock.environment.uv import run_child
    from scoredock.project.values import CondaFile

    register_sample(folder)
    ready = await sync(read_specification(CondaFile(folder / "conda.yml")), progress=reporting.hear, offline=offline)
    reporting.hear(Step(t("Training the model"), t("6,000 handwritten digits")))
    variables = {**os.environ, **dict(ready.variables)}
    code, _, said = await run_child([str(ready.interpreter), "train.py"], folder=folder, variables=variables)
    if code != 0:
        raise ScoredockError(t("train.py failed."), t("Run it by hand to see why."), details=said[-2000:])
