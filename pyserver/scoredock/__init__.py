"""Scoredock: check, run, update and debug Azure Machine Learning entry scripts on your own machine.

The classes of the Python API (`scoredock.api`) can be imported from here; none is loaded before it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scoredock.api.conda_dependencies import CondaDependencies
    from scoredock.api.environment import Environment
    from scoredock.api.model import InferenceConfig, Model
    from scoredock.api.resource_configuration import ResourceConfiguration
    from scoredock.api.webservice import LocalWebservice, Webservice
    from scoredock.api.workspace import Workspace

__version__ = "0.1.0"

__all__ = [
    "CondaDependencies",
    "Environment",
    "InferenceConfig",
    "LocalWebservice",
    "Model",
    "ResourceConfiguration",
    "Webservice",
    "Workspace",
    "__version__",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from scoredock import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return __all__
