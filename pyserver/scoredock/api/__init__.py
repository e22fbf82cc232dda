"""Classes shaped like those of Azure ML's SDK v1 (`azureml.core`), over this machine instead of a workspace in Azure.

A script written for the SDK runs with only its import lines changed: ``from scoredock import Model, Workspace``, or module
by module, ``scoredock.api.model`` for ``azureml.core.model``. Names, defaults, states and the sentences of errors are the
SDK's; a parameter that means nothing here raises a sentence instead of being ignored.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "CondaDependencies": "conda_dependencies",
    "Environment": "environment",
    "InferenceConfig": "model",
    "LocalWebservice": "webservice",
    "Model": "model",
    "ResourceConfiguration": "resource_configuration",
    "Webservice": "webservice",
    "Workspace": "workspace",
    "AzureMLException": "exceptions",
    "ModelNotFoundException": "exceptions",
    "UserErrorException": "exceptions",
    "WebserviceException": "exceptions",
}
__all__ = sorted(_HOMES)  # noqa: PLE0605 (a list of names, all of which __getattr__ knows)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
