"""The base of every error that a user is shown: what happened, where, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scoredock.finding import Place


class ScoredockError(Exception):
    """Something a user can act on.

    ``what`` is one sentence that says what happened, ``todo`` one that says what to do next, ``place`` the line it is
    about when there is one, and ``details`` the text behind it (the last lines of a log, never a whole one). Rooms
    derive their own few named errors from it; anything else that is raised is a bug of ours.
    """

    def __init__(self, what: str, todo: str = "", *, place: Place | None = None, details: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.todo = todo
        self.place = place
        self.details = details

    def __str__(self) -> str:
        sentence = f"{self.place}: {self.what}" if self.place else self.what
        return f"{sentence} {self.todo}".rstrip()
