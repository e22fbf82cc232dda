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


def newest_allowed(specifier: str) -> tuple[int, ...] | None:
    """A bound above which a specifier takes nothing ("<1.2,>=1.0" -> (1, 2)); ``None`` when it is open upwards."""
    bounds: list[tuple[int, ...]] = []
    for part in specifier.split(","):
        match = re.match(r"\s*(<=?|==|~=|=)\s*([\d.]+)", part)
        if match is None:
            continue
        numbers = release(match.group(2).rstrip("."))
        if not numbers:
            continue
        if match.group(1) == "~=" and len(numbers) > 1:
            numbers = (*numbers[:-2], numbers[-2] + 1)
        elif match.group(1) in ("==", "=", "<="):
            numbers = (*numbers[:-1], numbers[-1] + 1)
        bounds.append(numbers)
    return min(bounds) if bounds else None
