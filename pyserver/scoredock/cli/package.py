"""`scoredock package [PROJECT]`: one self-contained image of a project, as Azure would run it."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from scoredock.cli.projects import add_project, chosen
from scoredock.cli.services import print_json
from scoredock.cli.terminal import showing_progress


def configure(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    parser.add_argument("--tag", metavar="NAME:TAG", help="what the image is called (default: the project's name, latest)")
    parser.add_argument("--platform", help="for another machine than this one: linux/amd64, linux/arm64")
    parser.add_argument("--dockerfiles", metavar="DIR", type=Path, help="write the Dockerfiles there")
    parser.add_argument("--verbose", action="store_true", help="show what the build prints")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(arguments: argparse.Namespace) -> int:
    return asyncio.run(package(arguments))


async def package(arguments: argparse.Namespace) -> int:
    from scoredock.hosting import docker_package

    project, _ = chosen(Path(arguments.project))

    def listen(line: str) -> None:
        if arguments.verbose:
            print(line, file=sys.stderr)

    with showing_progress(quiet=arguments.json) as progress:
        made = await docker_package.package(
            project,
            tag=arguments.tag,
            platform=arguments.platform,
            keep=arguments.dockerfiles,
            progress=progress,
            listen=listen,
        )
    if arguments.json:
        print_json(
            {
                "tag": made.tag,
                "image": made.image,
                "bytes": made.size,
                "environment": made.environment.key,
                "notes": list(made.environment.notes),
            }
        )
        return 0
    for note in made.environment.notes:
        print(note)
    print(f"{made.tag} is ready ({made.size / 1e6:.0f} MB, nothing but the project and the official server).")
    print(f"Try it:  {docker_package.run_command(made)}")
    return 0
