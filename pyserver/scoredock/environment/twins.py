"""Conda packages and their twins on PyPI."""

from __future__ import annotations

from functools import cache


@cache
def known_distributions() -> tuple[str, ...]:
    """Names of distributions that are widely used, normalised."""
    return ()
