"""`scoredock new DIR`: the sample project."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from scoredock.cli.findings import shown


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR", type=Path, help="where to make it; must not exist or be empty")
    parser.add_argument("--json", action="store_true", help="print the files that were written as one JSON document")


def run(arguments: argparse.Namespace) -> int:
    from scoredock.environment.sample import register_sample
    from scoredock.project.sample import write_sample

    files = write_sample(arguments.folder)
    folder = arguments.folder.absolute()
    kept = register_sample(folder)
    reference = f"azureml:{kept.name}:{kept.version}"
    if arguments.json:
        print(json.dumps({"folder": str(folder), "files": [str(file) for file in files], "environment": reference}))
        return 0
    print(f"Made the sample project in {shown(folder)}:")
    for file in files:
        print(f"  {file.relative_to(folder).as_posix()}")
    print(f"Registered its environment as {reference}.")
    print("Its README.md says what each file is and what to do next.")
    return 0
