"""The inference server of an environment: named by the file, or layered on without touching what the file pins."""

from __future__ import annotations

from scoredock.environment.values import ServerPackage, Specification

SERVER = "azureml-inference-server-http"
# azureml-defaults brings the server with it.
BRINGS_THE_SERVER = ("azureml-defaults", SERVER)
# What is added where the file names neither. Older lines than 0.8 do not start with today's web frameworks; the
# newest line that the file's pins and its Python allow is chosen (0.8 is the last for 3.7, 1.3 for 3.8).
ADDED_LINE = f"{SERVER}>=0.8"


def names_the_server(specification: Specification) -> bool:
    """Whether the file itself asks for the server."""
    return any(item.name in BRINGS_THE_SERVER for item in (*specification.pip, *specification.conda))


def server_of(installed: dict[str, str], *, added: bool) -> ServerPackage | None:
    """The server among what is installed."""
    version = installed.get(SERVER)
    return ServerPackage(version, added) if version else None
