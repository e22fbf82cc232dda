"""`scoredock lsp`: the language server on standard input and output, for any editor that speaks the protocol."""

from __future__ import annotations

import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    # Editors' clients commonly append it; there is no other way than stdio.
    parser.add_argument("--stdio", action="store_true", help="speak on standard input and output (as it always does)")


def run(_: argparse.Namespace) -> int:
    from scoredock.lsp.start import serve

    serve()
    return 0
