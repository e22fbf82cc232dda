"""Sending sample requests to a running service."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from scoredock.l10n import t
from scoredock.lsp import tools
from scoredock.lsp.documents import path_of
from scoredock.lsp.protocol import Sample, SampleList, ScoreParams, ScoreResult, ServiceParams
from scoredock.lsp.reporting import Reporting
from scoredock.lsp.wire import UserProblem

if TYPE_CHECKING:
    from scoredock.lsp.server import ScoredockServer
    from scoredock.scoring.values import Request

# Bytes of a body that are shown; what is sent is always whole.
SHOWN = 200_000


async def samples(server: ScoredockServer, params: ServiceParams) -> SampleList:
    """The saved requests of the service's project; one made from the schema when there is none."""
    server.require_trust()
    from scoredock.hosting import services as hosting
    from scoredock.scoring.samples import sample_from_schema, saved_samples

    service = await hosting.find(params.name)
    if service is None:
        raise _gone(params.name)
    found = await asyncio.to_thread(saved_samples, service.project_file.parent)
    if not found and (made := await sample_from_schema(service.scoring_uri)):
        found = (made,)
    return SampleList(tuple(_sample(server, one.name, one.request.body) for one in found))


def _gone(name: str) -> UserProblem:
    return UserProblem(t("There is no service '{0}' any more. Run it again.", name))


def _sample(server: ScoredockServer, name: str, body: Path | bytes | None) -> Sample:
    if isinstance(body, Path):
        return Sample(name, server.documents.uri(body), "")
    return Sample(name, "", (body or b"").decode("utf-8", "replace"))


async def score(server: ScoredockServer, params: ScoreParams) -> ScoreResult:
    server.require_trust()
    with Reporting(server, params.work_done_token, t("Scoring")) as reporting:
        await tools.ensure(reporting.hear, offline=server.settings.offline, python=server.settings.tools_python)
        from scoredock.debugging.attach import is_attached
        from scoredock.hosting import services as hosting
        from scoredock.scoring.sending import send
        from scoredock.scoring.values import ScoringProblem

        service = await hosting.find(params.name)
        if service is None:
            raise _gone(params.name)
        request, label = await _wanted(params)
        # Whoever stands at a breakpoint in this very request must not be told that it took too long.
        patience = None if await is_attached(params.name) else server.settings.score_timeout
        request = replace(request, timeout=patience)
        shown = request.body[:SHOWN].decode("utf-8", "replace") if isinstance(request.body, bytes) else ""
        try:
            answer = await send(service.scoring_uri, request)
        except ScoringProblem as problem:
            return ScoreResult(params.name, label, shown, 0, 0.0, "", "", (), str(problem))
    problem_text = "" if answer.ok else _why(answer.status, answer.run_failed)
    return ScoreResult(
        name=params.name,
        sample=label,
        request=shown,
        status=answer.status,
        seconds=answer.seconds,
        answer=answer.text[:SHOWN],
        content_type=answer.header("content-type") or "",
        headers=answer.headers,
        problem=problem_text,
    )


async def _wanted(params: ScoreParams) -> tuple[Request, str]:
    """The request that is meant, and what to call it."""
    from scoredock.scoring.failed import last_failed
    from scoredock.scoring.sending import Request, content_type_of

    if params.failed:
        return await last_failed(params.name), t("the request that failed")
    path = path_of(params.sample_uri) if params.sample_uri else None
    if path is None:
        return Request((params.body or "").encode()), t("from the schema")
    return Request(path.read_bytes(), content_type=content_type_of(path)), path.name


def _why(status: int, run_failed: bool | None) -> str:
    if run_failed:
        return t("run() failed, and the server answered {0}: the Problems panel and the log say where.", status)
    return t("The server answered {0}.", status)
