"""`scoredock deploy [PROJECT]`: check, sync the environment, start the service, wait until it is healthy."""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
from pathlib import Path

from scoredock.cli.findings import print_findings
from scoredock.cli.projects import add_project, chosen
from scoredock.cli.services import as_json, print_json
from scoredock.cli.terminal import showing_progress
from scoredock.errors import ScoredockError
from scoredock.finding import Severity


def configure(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    parser.add_argument("--target", choices=("process", "docker"), default="process", help="where it runs (default: process)")
    parser.add_argument("--port", type=port, metavar="N", help="the port on 127.0.0.1 (default: a free one)")
    parser.add_argument("--name", help="the service's name (default: the deployment's)")
    parser.add_argument("--platform", type=platform, metavar="OS/ARCH", help="of the container: linux/amd64, linux/arm64")
    parser.add_argument("--gpus", type=gpus, metavar="N", help="GPUs for the container, or 'all'")
    parser.add_argument("--force", action="store_true", help="start although the check found errors")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def port(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if not 1 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"'{text}' is not a port: a number from 1 to 65535 is needed")
    return number


def platform(text: str) -> str:
    if not re.fullmatch(r"[a-z]+/[a-z0-9]+(/v\d+)?", text):
        raise argparse.ArgumentTypeError(f"'{text}' is not a platform such as linux/amd64")
    return text


def gpus(text: str) -> int:
    if text == "all":
        return -1
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is neither a number of GPUs nor 'all'")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    return asyncio.run(deploy(arguments))


async def deploy(arguments: argparse.Namespace) -> int:
    from scoredock.hosting import services
    from scoredock.hosting.definition import Wishes

    project, findings = chosen(Path(arguments.project))
    errors = tuple(finding for finding in findings if finding.severity is Severity.ERROR)
    if errors and not arguments.force:
        print_findings(errors, file=sys.stderr)
        raise ScoredockError(
            "Not started: the check found what would fail.", "Mend it, or start anyway with --force.", place=errors[0].place
        )
    with showing_progress(quiet=arguments.json) as progress:
        service = await services.deploy(
            project,
            target=arguments.target,
            port=arguments.port,
            name=arguments.name,
            wishes=Wishes(arguments.platform, arguments.gpus),
            progress=progress,
        )
    if arguments.json:
        print_json(as_json(service))
    else:
        print(f"{service.name} is {service.state.value} at {service.scoring_uri}")
    return 0
