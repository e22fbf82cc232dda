"""Opening the debugger in a running service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scoredock.l10n import t
from scoredock.lsp import tools
from scoredock.lsp.protocol import AttachResult, ServiceParams
from scoredock.lsp.reporting import Reporting

if TYPE_CHECKING:
    from scoredock.lsp.server import ScoredockServer

# Seconds in which the editor has to connect to the port that it asked for.
PATIENCE = 60.0


async def attach(server: ScoredockServer, params: ServiceParams) -> AttachResult:
    """The session that the port leads to lives in this process: closing the editor ends it, and the service goes on."""
    server.require_trust()
    with Reporting(server, params.work_done_token, t("Attaching the debugger")) as reporting:
        await tools.ensure(reporting.hear, offline=server.settings.offline, python=server.settings.tools_python)
        from scoredock.debugging.attach import attach as open_debugger

        attachment = await open_debugger(params.name, patience=PATIENCE, progress=reporting.hear)
    return AttachResult(attachment.host, attachment.port, attachment.token)
