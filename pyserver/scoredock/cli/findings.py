"""How findings are printed: one line each, as compilers do, so that editors and people can follow them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from scoredock.finding import Finding

COLOURS = {"error": "31", "warning": "33", "information": "36"}


def print_findings(findings: Iterable[Finding], *, file: TextIO | None = None) -> None:
    out = file or sys.stdout
    coloured = out.isatty() and not os.environ.get("NO_COLOR")
    for finding in findings:
        print(line_of(finding, coloured=coloured), file=out)


def line_of(finding: Finding, *, coloured: bool = False) -> str:
    """``score.py:7:5: error SD203 missing-global: …``, the path relative to this folder where that is shorter."""
    place = finding.place
    severity = finding.severity.value
    if coloured:
        severity = f"\033[1;{COLOURS[severity]}m{severity}\033[0m"
    return f"{shown(place.path)}:{place.line}:{place.column}: {severity} {finding.code} {finding.name}: {finding.message}"


def shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
