"""`ResourceConfiguration`: what a registered model needs to run."""

from __future__ import annotations

from typing import Any

from scoredock.api.unsupported import Unsupported


class ResourceConfiguration:
    """CPU cores, memory in GB and GPUs."""

    def __init__(self, cpu: float | None = None, memory_in_gb: float | None = None, gpu: int | None = None) -> None:
        self.cpu = cpu
        self.memory_in_gb = memory_in_gb
        self.gpu = gpu

    def serialize(self) -> dict[str, Any]:
        return {"cpu": self.cpu, "memoryInGB": self.memory_in_gb, "gpu": self.gpu}

    deserialize = Unsupported("reads an answer of Azure")

    def __repr__(self) -> str:
        return f"ResourceConfiguration(cpu={self.cpu}, memory_in_gb={self.memory_in_gb}, gpu={self.gpu})"
