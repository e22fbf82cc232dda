"""`scoredock logs NAME`: what a service has written."""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import time
from datetime import datetime

from scoredock.cli.services import add_name, chosen


def configure(parser: argparse.ArgumentParser) -> None:
    add_name(parser)
    parser.add_argument("-f", "--follow", action="store_true", help="go on showing new lines until interrupted")
    parser.add_argument("-n", "--last", type=int, metavar="N", help="only the last N lines")
    parser.add_argument(
        "--since", type=moment, metavar="TIME", help="only from then on: 90s, 10m, 2h, 1d ago, or 2026-11-22T21:00:00"
    )


def moment(text: str) -> float:
    """Seconds since the epoch, of so long ago or of a point in time (without a zone it is this machine's)."""
    if ago := re.fullmatch(r"(\d+)([smhd])", text):
        return time.time() - int(ago[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[ago[2]]
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"'{text}' is neither a time such as 2026-11-22T21:00:00 nor one ago such as 10m"
        ) from None


def run(arguments: argparse.Namespace) -> int:
    asyncio.run(show(arguments))
    return 0


async def show(arguments: argparse.Namespace) -> None:
    from scoredock.hosting import services

    service = await chosen(arguments.name)
    wanted = {"follow": arguments.follow, "last": arguments.last, "since": arguments.since}
    async for batch in services.log_batches(service.name, **wanted):
        sys.stdout.write("".join(f"{line.text}\n" for line in batch))
        sys.stdout.flush()
