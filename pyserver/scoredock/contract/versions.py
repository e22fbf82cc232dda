"""Comparing versions as far as rules need it, without a library."""

from __future__ import annotations

import re


def release(version: str) -> tuple[int, ...]:
    """The numbers a version begins with: "3.11.7" -> (3, 11, 7); empty when it begins with none."""
    match = re.match(r"\s*v?(\d+(?:\.\d+)*)", version)
    return tuple(int(part) for part in match.group(1).split(".")) if match else ()


def newer(version: str, than: str) -> bool:
    """Whether a Python version's major.minor is later than another's."""
    return release(version)[:2] > release(than)[:2]
