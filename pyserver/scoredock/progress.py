"""How long work says where it is. The work calls; whoever started it (terminal, editor, nobody) listens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Step:
    """One report: ``title`` names the step ("Installing packages") and stays the same while it goes on.

    ``done`` and ``total`` are in ``unit``; without ``total`` the step's length is not known. A step ends when the
    next title comes or the work returns.
    """

    title: str
    detail: str = ""
    done: int | None = None
    total: int | None = None
    unit: Literal["items", "bytes"] = "items"


Progress = Callable[[Step], None]


def silent(_: Step) -> None:
    """Listen to nothing."""
