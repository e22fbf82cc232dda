"""Images as text."""

from __future__ import annotations

import pytest

from scoredock.scoring.drawing import draw_image, style_for

CROSS = [1.0, 0, 1, 0, 1, 0, 1, 0, 1]


def test_half_blocks_hold_two_rows_each() -> None:
    assert draw_image(CROSS, width=3, style="blocks") == "▀▄▀\n▀ ▀"


def test_plain_needs_only_ascii() -> None:
    drawn = draw_image(CROSS, width=3, style="plain")
    assert drawn == "@@  @@\n  @@\n@@  @@" and drawn.isascii()


def test_shades_follow_the_grey_of_each_pixel() -> None:
    assert draw_image([0.0, 1.0], width=1, style="shades") == "\033[38;5;232;48;5;255m▀\033[0m"
    assert draw_image([-3, 9], width=1, style="shades") == draw_image([0, 1], width=1, style="shades")


def test_pixels_that_are_no_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="no rows"):
        draw_image([1.0] * 5, width=2)


@pytest.mark.parametrize(
    ("encoding", "colours", "style"),
    [("utf-8", True, "shades"), ("UTF8", False, "blocks"), ("cp1252", True, "plain"), (None, False, "plain")],
)
def test_the_style_is_what_the_stream_can_show(encoding: str | None, colours: bool, style: str) -> None:
    assert style_for(encoding=encoding, colours=colours) == style
