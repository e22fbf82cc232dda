"""What every test of the languages leaves as it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scoredock import l10n


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    """The language is the process's: the next test speaks English again."""
    yield
    l10n.choose(None)
