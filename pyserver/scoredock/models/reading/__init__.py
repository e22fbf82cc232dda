"""What a model file says of itself, read as data."""

from scoredock.models.reading.inspecting import inspect

__all__ = ["inspect"]
