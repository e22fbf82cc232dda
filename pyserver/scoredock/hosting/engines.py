"""The engines there are. One is a row here and a module beside this one, imported when it is first needed."""

from __future__ import annotations

import importlib

from scoredock.hosting.values import Engine, ServiceProblem, Target
from scoredock.l10n import t

MODULES: dict[Target, tuple[str, str]] = {
    "process": ("scoredock.hosting.process", "ProcessEngine"),
    "docker": ("scoredock.hosting.docker", "DockerEngine"),
}


def engine(target: Target) -> Engine:
    """The engine for a target. Raises ServiceProblem for one that there is none for."""
    if target not in MODULES:
        raise ServiceProblem(t("There is no engine '{0}'.", target), t("Engines: {0}.", ", ".join(MODULES)))
    module, name = MODULES[target]
    made: Engine = getattr(importlib.import_module(module), name)()
    return made
