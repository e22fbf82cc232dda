"""Running, updating and stopping services, and following their logs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from scoredock.l10n import t
from scoredock.lsp import protocol, tools
from scoredock.lsp.protocol import (
    DeployParams,
    LogLines,
    Nothing,
    ServiceList,
    ServiceParams,
    ServiceView,
    UpdateResult,
    WatchParams,
)
from scoredock.lsp.reporting import Reporting

if TYPE_CHECKING:
    from scoredock.hosting.values import LogLine, Target
    from scoredock.lsp.server import ScoredockServer

# Lines of an old log that are shown at once, and seconds in which new ones are gathered into one message.
LAST_LINES = 2000
GATHER = 0.05


def watch(server: ScoredockServer, params: WatchParams) -> None:
    server.watching.look(params.visible)


async def services(server: ScoredockServer, _: Nothing) -> ServiceList:
    return ServiceList(tuple(map(server.watching.view, await server.watching.refresh())))


async def deploy(server: ScoredockServer, params: DeployParams) -> ServiceView:
    from scoredock.hosting.values import ScriptCrashed
    from scoredock.lsp.projects import project_at

    server.require_trust()
    target = cast("Target", params.target or server.settings.target)
    with Reporting(server, params.work_done_token, t("Starting a service")) as reporting:
        project = await project_at(server, params.uri)
        await tools.ensure(reporting.hear, offline=server.settings.offline, python=server.settings.tools_python)
        from scoredock.hosting import services as hosting

        port = params.port if params.port is not None else server.settings.port
        try:
            service = await hosting.deploy(
                project,
                target=target,
                port=port,
                name=params.name,
                debug="wait" if params.debug else "off",
                offline=server.settings.offline,
                progress=reporting.hear,
            )
        except ScriptCrashed as crashed:
            server.watching.observe(params.name or project.name, crashed.findings)
            raise
    server.watching.observe(service.name, ())
    server.watching.look(True)
    return server.watching.view(service)


async def update(server: ScoredockServer, params: ServiceParams) -> UpdateResult:
    from scoredock.hosting import services as hosting
    from scoredock.hosting.values import ScriptCrashed

    server.require_trust()
    with Reporting(server, params.work_done_token, t("Updating a service")) as reporting:
        await tools.ensure(reporting.hear, offline=server.settings.offline, python=server.settings.tools_python)
        with server.watching.updating(params.name):
            try:
                updated = await hosting.update(params.name, offline=server.settings.offline, progress=reporting.hear)
            except ScriptCrashed as crashed:
                server.watching.not_updated(params.name, crashed.what, crashed.findings)
                raise
            server.watching.updated(updated.service, updated.seconds)
    return UpdateResult(server.watching.view(updated.service), updated.seconds)


async def stop(server: ScoredockServer, params: ServiceParams) -> Nothing:
    from scoredock.hosting import services as hosting

    server.require_trust()
    with Reporting(server, params.work_done_token, t("Stopping a service")) as reporting:
        await hosting.stop(params.name, progress=reporting.hear)
    server.watching.observe(params.name, ())
    await server.watching.refresh()
    return Nothing()


async def follow_log(server: ScoredockServer, params: ServiceParams) -> Nothing:
    """Send a service's log as it grows, until the service ends or the request is cancelled."""
    from scoredock.hosting import services as hosting

    queue: asyncio.Queue[LogLine | None] = asyncio.Queue()

    async def read() -> None:
        try:
            async for line in hosting.logs(params.name, follow=True, last=LAST_LINES):
                queue.put_nowait(line)
        finally:
            queue.put_nowait(None)

    reading = asyncio.get_running_loop().create_task(read())
    try:
        ended = False
        while not ended:
            lines = [await queue.get()]
            await asyncio.sleep(GATHER)
            while not queue.empty():
                lines.append(queue.get_nowait())
            ended = lines[-1] is None
            texts = tuple(line.text for line in lines if line is not None)
            if texts:
                server.tell(protocol.LOG_LINES, LogLines(params.name, texts))
        await reading
    finally:
        reading.cancel()
    return Nothing()
