"""What the client has set, so that a worker that comes later gets the same, with numbers of the session's own."""

from __future__ import annotations

import itertools
from typing import Any

from scoredock.debugging.framing import Message
from scoredock.l10n import t


class Breakpoints:
    """Breakpoints by file, functions and exceptions, each as the request that set them."""

    def __init__(self) -> None:
        self.files: dict[str, Message] = {}
        self.others: dict[str, Message] = {}  # command -> arguments
        self._numbers = itertools.count(1)
        self._ours: dict[str, list[int]] = {}
        self._theirs: dict[tuple[int, int], int] = {}

    @property
    def any_line(self) -> bool:
        """Whether a line or function of the user's choice stops the program."""
        return any(f.get("breakpoints") for f in (*self.files.values(), self.others.get("setFunctionBreakpoints", {})))

    def set(self, arguments: Message) -> str:
        """Note a `setBreakpoints` request; returns the key of its file."""
        key = str(arguments["source"].get("path") or arguments["source"].get("sourceReference"))
        if arguments.get("breakpoints"):
            self.files[key] = arguments
        else:
            self.files.pop(key, None)
        self._ours[key] = [next(self._numbers) for _ in arguments.get("breakpoints") or ()]
        return key

    def answered(self, key: str, slot: int, body: Message) -> list[Message]:
        """One worker's answer, with our numbers; as many as the client has set."""
        found: list[Message] = body.get("breakpoints") or []
        for number, breakpoint_ in zip(self._ours.get(key, ()), found, strict=False):
            if isinstance(breakpoint_.get("id"), int):
                self._theirs[slot, breakpoint_["id"]] = number
        return [{**one, "id": number} for number, one in zip(self._ours.get(key, ()), found, strict=False)]

    def merged(self, key: str, answers: list[list[Message]]) -> list[Message]:
        """What the client is told: verified where any worker says so."""
        merged: list[Message] = []
        for index, number in enumerate(self._ours.get(key, ())):
            told = [answer[index] for answer in answers if index < len(answer)]
            best = next((one for one in told if one.get("verified")), told[0] if told else None)
            merged.append(best or {"id": number, "verified": False, "message": t("set as soon as a worker runs")})
        return merged

    def ours(self, slot: int, number: Any) -> int | None:
        """The session's number of a worker's breakpoint."""
        return self._theirs.get((slot, number))
