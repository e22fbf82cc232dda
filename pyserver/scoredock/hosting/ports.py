"""The port of a service, taken before anything else starts and handed over open: nobody can take it in between."""

from __future__ import annotations

import errno
import socket

from scoredock.hosting.values import PortTaken, ServiceProblem
from scoredock.l10n import t


def listen(port: int | None) -> socket.socket:
    """A socket that listens on 127.0.0.1, on ``port`` or a free one. Raises PortTaken, ServiceProblem."""
    if port is not None and not 1 <= port <= 65535:
        raise ServiceProblem(t("{0} is no port.", port), t("Ports go from 1 to 65535."))
    taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port or 0))
        taken.listen(2048)  # gunicorn's own backlog
    except OSError as error:
        taken.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(
                t("Port {0} is in use.", port), t("Choose another with --port, or leave it out for a free one.")
            ) from None
        raise ServiceProblem(t("Port {0} cannot be opened: {1}.", port, error.strerror), t("Choose a port above 1024.")) from None
    return taken
