"""An exception of user code as data: the protocol's ``failure`` object (PROTOCOL.md)."""

from __future__ import annotations

import os
import signal
import traceback
from typing import Any, Dict, Iterator

from . import sources

Failure = Dict[str, Any]
LONGEST = 40000  # characters of a traceback; a RecursionError's is folded by Python, a generated message may be huge


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _one(error: BaseException) -> dict[str, Any]:
    frames: list[dict[str, Any]] = [
        {"path": frame.filename, "line": frame.lineno, "function": frame.name, "user": sources.is_user_code(frame.filename)}
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    if isinstance(error, SyntaxError) and error.filename:
        # It has no frame of its own: the file never ran.
        place: dict[str, Any] = {
            "path": error.filename,
            "line": error.lineno or 1,
            "column": error.offset or 1,
            "function": "<module>",
        }
        frames.append(dict(place, function="<module>", user=sources.is_user_code(error.filename)))
    try:
        message = str(error)
    except Exception:
        message = "(its message cannot be printed)"
    return {"type": type(error).__name__, "message": message[:4000], "frames": frames[-100:]}


def of_exception(error: BaseException) -> Failure:
    """Describe why a worker could not boot, given what came out of loading the server's application.

    The server turns everything into ``SystemExit(3)``; what it was about is in the chain behind it, in an exception that
    carries the user's own as ``user_ex`` (server/user_script.py).
    """
    phase, cause = "server", error
    for link in _causes(error):
        kind = type(link).__name__
        if kind.startswith("UserScript"):
            user = getattr(link, "user_ex", None)
            phase = "contract" if user is None else "import" if kind == "UserScriptImportException" else "init"
            cause = user if user is not None else link
            break
    text = "".join(traceback.format_exception(type(cause), cause, cause.__traceback__))
    return {
        "phase": phase,
        "chain": [_one(link) for link in _causes(cause)][:20],
        "traceback": text if len(text) <= LONGEST else text[: LONGEST // 2] + "\n...\n" + text[-LONGEST // 2 :],
    }


def of_death(status: int, booting: bool) -> Failure:
    """Describe a worker that died without a word, from its wait status."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        try:
            name = signal.Signals(number).name
        except ValueError:
            name = "signal %d" % number
        return {"phase": "init" if booting else "run", "signal": name, "chain": [], "traceback": ""}
    return {"phase": "init" if booting else "run", "exit_code": os.WEXITSTATUS(status), "chain": [], "traceback": ""}


def of_deadline(seconds: float) -> Failure:
    """Describe a candidate that was not ready in time."""
    return {"phase": "init", "deadline": seconds, "chain": [], "traceback": ""}
