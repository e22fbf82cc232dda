"""A report for whoever is asked for help: versions and paths, no content of any file and no secret."""

from __future__ import annotations

import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from scoredock import __version__
from scoredock.folders import cache_folder, data_folder, state_folder
from scoredock.l10n import t
from scoredock.lsp import tools
from scoredock.lsp.protocol import Nothing, Report

if TYPE_CHECKING:
    from scoredock.lsp.server import ScoredockServer


async def report(server: ScoredockServer, _: Nothing) -> Report:
    settings = server.settings
    services = [t("{0} ({1}, {2}, port {3})", s.name, s.target, s.state.value, s.port) for s in await server.watching.refresh()]
    rows = [
        (t("Scoredock server"), __version__),
        ("Python", t("{0} at {1}", platform.python_version(), sys.executable)),
        (t("System"), platform.platform()),
        (t("Libraries"), str(Path(sys.modules["pygls"].__file__ or "").parent)),
        (t("Folders"), ", ".join(map(str, (cache_folder(), state_folder(), data_folder())))),
        (t("Tools"), t("at hand") if tools.at_hand() else t("not fetched yet (they come when the first service is run)")),
        ("uv", _version("uv")),
        (t("Docker engine"), settings.docker_host or t("of the current Docker context")),
        (t("Trusted"), str(settings.trusted)),
        (t("Offline"), str(settings.offline)),
        (t("Open documents"), str(len(list(server.documents)))),
        (t("Services"), "; ".join(services) or t("none running")),
    ]
    return Report("\n".join(f"- {what}: {value}" for what, value in rows))


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return t("not beside the server")
