"""How a local service is to be deployed."""

from __future__ import annotations

from scoredock.api.exceptions import WebserviceException
from scoredock.api.telling import say


class LocalWebserviceDeploymentConfiguration:
    """Where a local service listens, and what runs it: ``target`` "docker" or "process", which SDK v1 does not have."""

    def __init__(self, port: int | None = None, target: str | None = None) -> None:
        self.port = port
        self.target = target
        self.validate_configuration()

    def validate_configuration(self) -> None:
        if self.port and not (isinstance(self.port, int) and 1 <= self.port <= 65535):
            raise WebserviceException("Invalid configuration, port must be an integer in range [1, 65535]")
        if self.target not in (None, "docker", "process"):
            raise WebserviceException(f"There is no target '{self.target}'.", "Choose 'docker' or 'process'.")

    def print_deploy_configuration(self) -> None:
        say(f"port: {self.port or 'a free one'}, target: {self.target or 'docker where there is an engine'}")
