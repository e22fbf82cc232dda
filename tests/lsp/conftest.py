"""Sessions that end with their test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.lsp.session import Session


@pytest.fixture
def start() -> Iterator[Callable[..., Session]]:
    """Starts servers; none outlives the test."""
    sessions: list[Session] = []

    def begin(*command: str, folders: Sequence[Path] = (), locale: str | None = None, **options: object) -> Session:
        session = Session(*command, **options)  # type: ignore[arg-type]
        sessions.append(session)
        session.start(folders=folders, locale=locale)
        return session

    yield begin
    for session in sessions:
        session.kill()


@pytest.fixture
def session(start: Callable[..., Session]) -> Session:
    """A session that is ready."""
    return start()
