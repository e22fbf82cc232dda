"""`scoredock check`: findings like a compiler's, or as JSON or SARIF."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scoredock.cli.findings import print_findings
from scoredock.cli.main import FAILURE, FINE, USAGE

if TYPE_CHECKING:
    from scoredock.checking.run import Checked


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files and folders; default: the current folder")
    parser.add_argument("--format", choices=("text", "json", "sarif"), default="text", help="how findings are written")
    parser.add_argument("--explain", metavar="CODE", help="say what a code means and how to mend it, and stop")


def run(arguments: argparse.Namespace) -> int:
    if arguments.explain:
        return explain(arguments.explain)
    from scoredock.checking.run import check_paths

    paths = [Path(path) for path in arguments.paths or ["."]]
    missing = [path for path in paths if not path.exists()]
    for path in missing:
        print(f"scoredock check: there is no {path}", file=sys.stderr)
    if missing:
        return USAGE
    checked = list(check_paths(paths))
    if arguments.format == "json":
        from scoredock.cli.check_json import document

        print(document(checked))
    elif arguments.format == "sarif":
        from scoredock.cli.check_sarif import document as sarif

        print(sarif(checked))
    else:
        write_text(checked)
    for one in checked:
        if one.problem:
            print(f"scoredock check: {one.problem}", file=sys.stderr)
    return FAILURE if any(one.problem for one in checked) or count(checked)["error"] else FINE


def write_text(checked: list[Checked]) -> None:
    """One line for each finding and one that counts them."""
    for one in checked:
        print_findings(one.findings)
    numbers = count(checked)
    if not any(numbers.values()):
        print(f"{plural(len(checked), 'file')} checked: nothing to say.")
        return
    words = [plural(number, severity) for severity, number in numbers.items() if severity != "information" and number]
    if numbers["information"]:
        words.append(f"{numbers['information']} information")
    print(f"{plural(len(checked), 'file')} checked: {', '.join(words)}.")


def count(checked: list[Checked]) -> dict[str, int]:
    """How many findings of each severity."""
    numbers = {"error": 0, "warning": 0, "information": 0}
    for one in checked:
        for finding in one.findings:
            numbers[finding.severity.value] += 1
    return numbers


def plural(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def explain(code: str) -> int:
    """Print the page of a rule."""
    from scoredock.contract.explain import codes, explain

    page = explain(code)
    if page is None:
        print(f"scoredock check: there is no code {code!r}. The codes are {', '.join(codes())}.", file=sys.stderr)
        return USAGE
    print(page.rstrip())
    return FINE
