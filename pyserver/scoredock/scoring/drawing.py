"""Small grey images as text, so that a terminal shows what was sent."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Literal

Style = Literal["shades", "blocks", "plain"]

_RAMP = " .:-=+*#%@"
_DARKEST, _LIGHTEST = 232, 255  # the grey ramp of terminals with 256 colours


def style_for(*, encoding: str | None, colours: bool) -> Style:
    """The best style a stream can show: half blocks need Unicode, shades need colours too."""
    if not (encoding or "").lower().replace("-", "").startswith("utf"):
        return "plain"
    return "shades" if colours else "blocks"


def draw_image(pixels: Sequence[float], *, width: int, style: Style = "blocks") -> str:
    """Draw pixels from 0 (background) to 1 (ink), given row by row, as lines of text.

    ``shades`` and ``blocks`` put two rows of pixels into one line of half blocks, so that pixels come out square;
    ``plain`` is ASCII, two characters for each pixel. Values beyond 0 and 1 are clipped.
    """
    if width < 1 or len(pixels) % width:
        raise ValueError(f"{len(pixels)} pixels are no rows of {width}")
    levels = [min(max(float(pixel), 0.0), 1.0) for pixel in pixels]
    rows = [levels[start : start + width] for start in range(0, len(levels), width)]
    if style == "plain":
        return "\n".join("".join(2 * _RAMP[round(level * (len(_RAMP) - 1))] for level in row).rstrip() for row in rows)
    pairs = zip_longest(rows[::2], rows[1::2], fillvalue=[0.0] * width)
    join = _shades if style == "shades" else _blocks
    return "\n".join(join(upper, lower) for upper, lower in pairs)


def _blocks(upper: list[float], lower: list[float]) -> str:
    halves = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
    return "".join(halves[top >= 0.5, bottom >= 0.5] for top, bottom in zip(upper, lower, strict=True)).rstrip()


def _shades(upper: list[float], lower: list[float]) -> str:
    cells = (f"\033[38;5;{_grey(top)};48;5;{_grey(bottom)}m▀" for top, bottom in zip(upper, lower, strict=True))
    return "".join(cells) + "\033[0m"


def _grey(level: float) -> int:
    return _DARKEST + round(level * (_LIGHTEST - _DARKEST))


def draw_digit(pixels: Sequence[float], *, colour: bool, encoding: str | None = "utf-8") -> str:
    """Draw a digit of 28 x 28 pixels in the best style that a stream of that encoding can show."""
    return draw_image(pixels, width=28, style=style_for(encoding=encoding, colours=colour))
