"""Long lists of names, written as one text."""

from __future__ import annotations


def words(text: str) -> list[str]:
    """The words of a text, so that a table of fifty names stays three lines."""
    return text.split()
