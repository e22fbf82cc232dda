"""Our log as messages of the protocol, so that the editor shows each line with its own level."""

from __future__ import annotations

import logging
import sys
import threading
from typing import TYPE_CHECKING

from lsprotocol import types

if TYPE_CHECKING:
    from scoredock.lsp.server import ScoredockServer

_TYPES = {
    logging.ERROR: types.MessageType.Error,
    logging.WARNING: types.MessageType.Warning,
    logging.INFO: types.MessageType.Info,
}


class ToClient(logging.Handler):
    """Sends records to the client; what cannot be sent goes to standard error, never to standard output."""

    def __init__(self, server: ScoredockServer) -> None:
        super().__init__()
        self._server = server
        self._inside = threading.local()
        self.setFormatter(logging.Formatter("%(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record)
        # Sending may itself log; a log line about sending must not be sent.
        if not self._server.initialized or getattr(self._inside, "sending", False):
            sys.stderr.write(f"{text}\n")
            return
        self._inside.sending = True
        try:
            kind = next((kind for level, kind in _TYPES.items() if record.levelno >= level), types.MessageType.Log)
            self._server.from_any_thread(self._server.window_log_message, types.LogMessageParams(kind, text))
        finally:
            self._inside.sending = False
