"""Runs the language server on standard input and output."""

from __future__ import annotations

import logging
import sys


def serve() -> None:
    """Serve until the client ends the session. Nothing but protocol messages ever reaches standard output."""
    protocol_out = sys.stdout.buffer
    # A stray print, ours or a library's, would end the session: it goes to the log instead.
    sys.stdout = sys.stderr
    logging.getLogger("pygls").setLevel(logging.WARNING)  # at INFO it writes every message that is sent

    from scoredock.lsp.logging_to_client import ToClient
    from scoredock.lsp.server import ScoredockServer

    server = ScoredockServer()
    logging.basicConfig(handlers=[ToClient(server)], level=logging.INFO)
    server.start_io(stdout=protocol_out)
