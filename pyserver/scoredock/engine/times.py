"""The engine's way of writing times."""

from __future__ import annotations

import datetime
from functools import lru_cache


def seconds_of(stamp: str) -> float | None:
    """``2026-11-22T18:05:56.783900867Z`` as seconds since the epoch.

    ``None`` for what is no such time, and for the year 1, by which the engine means never.
    """
    if len(stamp) < 20:
        return None
    whole = _whole_seconds(stamp[:19])
    if whole is None:
        return None
    fraction = stamp[19:-1] if stamp[-1] == "Z" else stamp[19:].partition("+")[0]
    try:
        return whole + float(fraction) if fraction else whole
    except ValueError:
        return None


# A fast log has thousands of lines a second, all with the same whole second.
@lru_cache(maxsize=256)
def _whole_seconds(text: str) -> float | None:
    if text.startswith("0001-"):
        return None
    try:
        return datetime.datetime.strptime(f"{text}+0000", "%Y-%m-%dT%H:%M:%S%z").timestamp()
    except ValueError:
        return None
