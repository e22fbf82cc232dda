"""`npm run bench [-- WORD ...]`: plays every row whose name holds one of the words, and prints one table."""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import platform
import sys
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

import tests.bench
from tests.bench.rounds import Outcome, Row, play


def rows() -> list[Row]:
    found: list[Row] = []
    for module in sorted(pkgutil.iter_modules(tests.bench.__path__), key=lambda module: module.name):
        if module.name.startswith("bench_"):
            found.extend(importlib.import_module(f"tests.bench.{module.name}").ROWS)
    return found


def main(words: list[str]) -> int:
    chosen = [row for row in rows() if not words or any(word.lower() in row.name.lower() for word in words)]
    if not chosen:
        print("No row has such a name. Rows:", *(f"  {row.name}" for row in rows()), sep="\n")
        return 2
    outcomes: list[Outcome] = []
    console = Console(width=None if sys.stdout.isatty() else 150)
    for row in chosen:
        console.print(f"[dim]{row.name} …[/dim]")
        try:
            outcomes.append(play(row))
        except Exception as error:  # a part that is not on this machine, or a service that did not start: the other rows go on
            console.print(f"not played: {type(error).__name__}: {error}")
    table = Table(title=f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores")
    for heading in ("row", "ours (min / median / max)", "peer", "peer's median", "figure [95 %]", "bar", "met"):
        table.add_column(heading, overflow="fold")
    for outcome in outcomes:
        table.add_row(*cells(outcome))
    console.print(table)
    kept = os.environ.get("SCOREDOCK_BENCH_OUT")
    if kept:
        record = [{"row": o.row.name, "unit": o.row.unit, "ours": o.ours, "peers": o.peers} for o in outcomes]
        Path(kept).write_text(json.dumps(record, indent=1), encoding="utf-8")
    return 0 if len(outcomes) == len(chosen) and all(outcome.met for outcome in outcomes) else 1


def cells(outcome: Outcome) -> tuple[str, ...]:
    row = outcome.row
    low, high = outcome.interval
    unit = "x" if outcome.peers else row.unit
    return (
        row.name,
        f"{min(outcome.ours):.4g} / {median(outcome.ours):.4g} / {max(outcome.ours):.4g} {row.unit}",
        row.peer,
        f"{median(outcome.peers):.4g} {row.unit}" if outcome.peers else "",
        f"{median(outcome.figures):.3g} {unit} [{low:.3g}, {high:.3g}]",
        f"{'<=' if row.at_most else '>='} {row.bar:.3g} {unit}",
        "yes" if outcome.met else "MISSED",
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
