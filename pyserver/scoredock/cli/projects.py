"""The PROJECT argument: a folder, a deployment file or an entry script."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scoredock.cli.findings import print_findings
from scoredock.errors import ScoredockError

if TYPE_CHECKING:
    from scoredock.finding import Finding
    from scoredock.project.values import Project


def add_project(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "project",
        metavar="PROJECT",
        nargs="?",
        default=".",
        help="a folder, a deployment.yml, an inferenceconfig.json or a score.py (default: this folder)",
    )


def chosen(path: Path) -> tuple[Project, tuple[Finding, ...]]:
    """The project at a path, with everything there is to say of its files: those that name it and its entry script.

    The findings are of the path as it was given: in a folder, a deployment file that cannot be read matters although a
    project could be made of what lies beside it.
    """
    from scoredock.checking.run import check_paths
    from scoredock.project import read_project

    if not path.exists():
        raise ScoredockError(f"{path} does not exist.", "Name a folder, a deployment file or an entry script.")
    reading = read_project(path)
    project = reading.project
    if project is None:
        print_findings(reading.findings, file=sys.stderr)
        place = reading.findings[0].place if reading.findings else None
        raise ScoredockError(f"No project can be read from {path}.", "It needs a score.py or a deployment file.", place=place)
    scripts = (project.entry_script,) if project.entry_script else ()
    of_scripts = tuple(finding for file in check_paths(scripts) for finding in file.findings)
    return project, (*reading.findings, *of_scripts)
