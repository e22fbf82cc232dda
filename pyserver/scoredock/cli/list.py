"""`scoredock list`: every local service, whoever started it."""

from __future__ import annotations

import argparse
import asyncio

from scoredock.cli.services import age, as_json, print_json


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON list")


def run(arguments: argparse.Namespace) -> int:
    from scoredock.hosting import services

    found = asyncio.run(services.list_with_those_being_built())
    if arguments.json:
        print_json([as_json(service) for service in found])
        return 0
    if not found:
        print("No services. 'scoredock deploy' starts one.")
        return 0
    rows = [("NAME", "STATE", "TARGET", "AGE", "UPDATES", "SCORING URI")]
    rows += [
        (s.name, s.state.value, s.target, age(s.started_at), str(s.generation - 1), s.scoring_uri)
        for s in sorted(found, key=lambda service: service.name)
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    for service in found:
        if service.exit_reason:
            print(f"{service.name}: {service.exit_reason}")
    return 0
