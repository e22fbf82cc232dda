"""The model registry on disk, and what a model file says about itself without being unpickled.

For other rooms: `reading.inspect(path)` gives a `ModelFile`, `findings.model_findings(…)` what is to be said of it,
`sources.resolve(reference, workspace)` the local model behind ``azureml:NAME:VERSION``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scoredock.models.reading import inspect

__all__ = ["inspect"]


def __getattr__(name: str) -> Any:
    # Not imported with the room: who registers or lists models need not load the reader.
    if name != "inspect":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from scoredock.models import reading

    return reading.inspect
