"""What people see while work goes on: progress bars on a terminal, plain lines elsewhere. All of it on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from scoredock.progress import Progress, Step


@contextmanager
def showing_progress(*, quiet: bool = False) -> Iterator[Progress]:
    """Yields a listener for progress; what it drew on a terminal is gone afterwards, lines stay."""
    if quiet:
        yield lambda _: None
    elif sys.stderr.isatty():
        yield from _bars()
    else:
        yield _Lines().hear


class _Lines:
    """One line for each step, and none for its repetitions: logs of CI stay readable."""

    def __init__(self) -> None:
        self.title = ""

    def hear(self, step: Step) -> None:
        if step.title != self.title:
            self.title = step.title
            print(f"  {step.title}{': ' + step.detail if step.detail else ''}", file=sys.stderr, flush=True)


def _bars() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24), TextColumn("{task.fields[detail]}"))
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bars:
        task = bars.add_task("", detail="", total=None)
        current = ""

        def hear(step: Step) -> None:
            nonlocal current
            if step.title != current:
                current = step.title
                bars.reset(task, description=step.title, detail=step.detail, total=step.total)
            bars.update(task, detail=step.detail, total=step.total, completed=step.done or 0)

        yield hear
