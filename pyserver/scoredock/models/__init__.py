"""The model registry on disk, and what a model file says about itself without being unpickled.

For other rooms: `inspect(path)` gives a `ModelFile`, `findings.model_findings(…)` what is to be said of it.
"""

from scoredock.models.reading import inspect

__all__ = ["inspect"]
