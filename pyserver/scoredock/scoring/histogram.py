"""A small histogram of times, as lines of text."""

from __future__ import annotations

from collections.abc import Sequence

_EIGHTHS = " ▏▎▍▌▋▊▉█"


def histogram(times: Sequence[float], *, rows: int = 8, width: int = 32, unicode: bool = True) -> tuple[str, ...]:
    """Sorted times in seconds as rows of equal width in milliseconds; the last row takes all that is longer than the
    99th percentile, so that one straggler does not squeeze the others together."""
    if not times:
        return ()
    least = times[0]
    most = times[max(0, -(-len(times) * 99 // 100) - 1)]
    step = (most - least) / rows
    if step <= 0:
        return (_row(least, most, len(times), _bar(1.0, width, unicode)),)
    counts = [0] * rows
    for time in times:
        counts[min(rows - 1, int((time - least) / step))] += 1
    bounds = [least + step * row for row in range(rows)] + [max(most, times[-1])]
    bars = [_bar(count / max(counts), width, unicode) for count in counts]
    return tuple(_row(bounds[row], bounds[row + 1], counts[row], bars[row]) for row in range(rows))


def _row(low: float, high: float, count: int, bar: str) -> str:
    return f"{low * 1000:8.1f} - {high * 1000:8.1f} ms {bar} {count}"


def _bar(part: float, width: int, unicode: bool) -> str:
    if not unicode:
        return ("#" * round(part * width)).ljust(width)
    whole, eighths = divmod(round(part * width * 8), 8)
    return (_EIGHTHS[8] * whole + (_EIGHTHS[eighths] if eighths else "")).ljust(width)
