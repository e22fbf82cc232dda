"""`scoredock update NAME`: brings what was saved into a running service. When that fails, the old code goes on answering."""

from __future__ import annotations

import argparse
import asyncio

from scoredock.cli.services import add_name, as_json, chosen, print_json
from scoredock.cli.terminal import showing_progress


def configure(parser: argparse.ArgumentParser) -> None:
    add_name(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(arguments: argparse.Namespace) -> int:
    return asyncio.run(update(arguments))


async def update(arguments: argparse.Namespace) -> int:
    from scoredock.hosting import services

    service = await chosen(arguments.name)
    with showing_progress(quiet=arguments.json) as progress:
        updated = await services.update(service.name, progress=progress)
    if arguments.json:
        print_json({**as_json(updated.service), "seconds": round(updated.seconds, 4)})
    else:
        print(f"Updated {service.name} in {updated.seconds * 1000:.0f} ms; it answers at {service.scoring_uri}")
    return 0
