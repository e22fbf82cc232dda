"""scoredock attach: open the debugger in a running service, and keep it open while somebody uses it."""

from __future__ import annotations

import argparse
import asyncio
import json

from scoredock.cli.main import FINE
from scoredock.cli.terminal import showing_progress


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the service ('scoredock list' shows them)")
    parser.add_argument("--patience", type=float, default=600.0, metavar="SECONDS", help="how long to wait for a client (600)")
    parser.add_argument("--json", action="store_true", help="print host, port, token and launch configurations as JSON")


def run(arguments: argparse.Namespace) -> int:
    return asyncio.run(_attach(arguments))


async def _attach(arguments: argparse.Namespace) -> int:
    from scoredock.debugging import launch
    from scoredock.debugging.attach import attach

    with showing_progress(quiet=arguments.json) as progress:
        attachment = await attach(arguments.name, patience=arguments.patience, progress=progress)
    try:
        text = json.dumps(launch.as_json(attachment), indent=2) if arguments.json else launch.as_text(attachment)
        print(text, flush=True)
        await attachment.closed()
    finally:
        await attachment.close()
    return FINE
