"""`scoredock logs NAME`: what a service has written."""

from __future__ import annotations

import argparse
import asyncio
import sys

from scoredock.cli.services import add_name, chosen


def configure(parser: argparse.ArgumentParser) -> None:
    add_name(parser)
    parser.add_argument("-f", "--follow", action="store_true", help="go on showing new lines until interrupted")
    parser.add_argument("-n", "--last", type=int, metavar="N", help="only the last N lines")


def run(arguments: argparse.Namespace) -> int:
    asyncio.run(show(arguments))
    return 0


async def show(arguments: argparse.Namespace) -> None:
    from scoredock.hosting import services

    service = await chosen(arguments.name)
    async for line in services.logs(service.name, follow=arguments.follow, last=arguments.last):
        print(line.text, flush=arguments.follow)
    sys.stdout.flush()
