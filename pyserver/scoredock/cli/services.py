"""What the commands about services share: choosing one, and how one is shown."""

from __future__ import annotations

import argparse
import json
import time
from typing import TYPE_CHECKING, Any

from scoredock.errors import ScoredockError

if TYPE_CHECKING:
    from scoredock.hosting.values import Service


def add_name(parser: argparse.ArgumentParser, *, optional: bool = True) -> None:
    """The NAME argument; it may be left out while only one service runs."""
    parser.add_argument(
        "name",
        metavar="NAME",
        nargs="?" if optional else None,
        help="the service (see 'scoredock list'); may be left out while there is only one",
    )


async def chosen(name: str | None) -> Service:
    """The service that is meant: by its name, or the only one there is."""
    from scoredock.hosting import services

    running = await services.list_services()
    if name is not None:
        for service in running:
            if service.name == name:
                return service
        known = ", ".join(service.name for service in running) or "none"
        raise ScoredockError(f"There is no service '{name}'.", f"Services on this machine: {known}.")
    if len(running) == 1:
        return running[0]
    if not running:
        raise ScoredockError("No service is running on this machine.", "Start one with 'scoredock deploy'.")
    names = ", ".join(service.name for service in running)
    raise ScoredockError("More than one service is running.", f"Say which one is meant: {names}.")


def as_json(service: Service) -> dict[str, Any]:
    """A service as the one JSON document that `--json` prints."""
    return {
        "name": service.name,
        "target": service.target,
        "state": service.state.value,
        "port": service.port,
        "scoring_uri": service.scoring_uri,
        "project": str(service.project_file),
        "entry_script": str(service.entry_script),
        "environment": service.environment_key,
        "started_at": service.started_at,
        "generation": service.generation,
        "exit_reason": service.exit_reason,
    }


def print_json(value: object) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))


def age(since: float) -> str:
    """Seconds since the epoch -> how long ago, in the largest unit that fits."""
    seconds = max(0.0, time.time() - since)
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
