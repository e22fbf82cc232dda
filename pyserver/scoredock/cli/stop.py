"""`scoredock stop NAME`: ends a service and leaves nothing of it."""

from __future__ import annotations

import argparse
import asyncio
import sys

from scoredock.cli.services import add_name, chosen, print_json


def configure(parser: argparse.ArgumentParser) -> None:
    add_name(parser)
    parser.add_argument("--all", action="store_true", help="stop every service on this machine")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(arguments: argparse.Namespace) -> int:
    stopped = asyncio.run(stop(arguments))
    if arguments.json:
        print_json({"stopped": stopped})
    else:
        for name in stopped:
            print(f"Stopped {name}.", file=sys.stderr)
    return 0


async def stop(arguments: argparse.Namespace) -> list[str]:
    from scoredock.hosting import services

    if arguments.all:
        names = [service.name for service in await services.list_services()]
    else:
        names = [(await chosen(arguments.name)).name]
    for name in names:
        await services.stop(name)
    return names
