"""What the API prints, as the SDK does: short lines while work goes on, and a few things that are said once."""

from __future__ import annotations

import sys

from scoredock.progress import Progress, Step, silent

_said: set[str] = set()


def say(line: str) -> None:
    print(line, flush=True)


def say_once(sentence: str) -> None:
    """To standard error, once in the life of the process."""
    if sentence not in _said:
        _said.add(sentence)
        print(sentence, file=sys.stderr, flush=True)


def steps(*, shown: bool = True) -> Progress:
    """A listener that prints each step's title when it begins."""
    if not shown:
        return silent
    last = ""

    def hear(step: Step) -> None:
        nonlocal last
        if step.title != last:
            last = step.title
            say(f"{step.title}{f': {step.detail}' if step.detail else ''}")

    return hear
