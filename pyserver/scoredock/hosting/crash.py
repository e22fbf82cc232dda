"""From a failure, as the arbiter reports it, to a finding at the user's line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from scoredock.finding import Finding, Place, Severity
from scoredock.l10n import deferred, t

NAMES = {
    "SD501": "init-raised",
    "SD502": "run-raised",
    "SD503": "result-not-serializable",
    "SD504": "init-slower-than-probes-allow",
}


@dataclass(frozen=True, slots=True)
class Paths:
    """Which paths are the user's, and where their files are on this machine.

    ``mapped``: (folder as the service sees it, folder on this machine), for containers; a process sees the same paths.
    """

    code: Path
    entry_script: Path
    mapped: tuple[tuple[PurePosixPath, Path], ...] = ()

    def own(self, path: str) -> Path | None:
        """The user's file on this machine, None if it is not theirs."""
        for there, here in self.mapped:
            pure = PurePosixPath(path)
            if pure.is_relative_to(there):
                return self._existing(here / pure.relative_to(there))
        found = Path(path)
        inside = found.is_relative_to(self.code) or found.resolve().is_relative_to(self.code.resolve())
        return self._existing(found) if inside and "site-packages" not in found.parts else None

    def _existing(self, path: Path) -> Path | None:
        return path if path.is_file() else None


def line_place(path: Path, line: int, column: int | None = None) -> Place:
    """The text of a line, from its first letter on (or from ``column``)."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace").splitlines()[line - 1]
    except (OSError, IndexError):
        text = ""
    start = column if column is not None and 1 <= column <= len(text) else len(text) - len(text.lstrip()) + 1
    return Place(path, line, start, line, max(len(text.rstrip()) + 1, start))


def definition_place(path: Path, name: str) -> Place:
    """The line that defines a function of the script, its first line if there is none."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    for number, text in enumerate(lines, 1):
        if text.startswith((f"def {name}(", f"async def {name}(", f"def {name} (")):
            return line_place(path, number)
    return line_place(path, 1)


def finding(code: str, place: Place, message: str, related: Sequence[tuple[Place, str]] = ()) -> Finding:
    return Finding(place, code, NAMES[code], Severity.ERROR, message, related=tuple(related))


def own_place(error: dict[str, Any], paths: Paths) -> Place | None:
    """The innermost line of the user's in one exception."""
    for frame in reversed(error.get("frames", ())):
        own = paths.own(frame["path"])
        if own is not None:
            return line_place(own, int(frame["line"]), frame.get("column"))
    return None


def said(error: dict[str, Any]) -> str:
    """``ValueError: no such file`` on one line."""
    message = " ".join(str(error.get("message", "")).split())
    return f"{error['type']}: {message}" if message else str(error["type"])


_WHERE = {
    "import": deferred("The script raised {0} while it was imported."),
    "init": deferred("init() raised {0}."),
    "contract": deferred("The server refuses the script: {0}."),
    "server": deferred("The server could not start: {0}."),
    "run": deferred("The worker died with {0}."),
}
# How a worker ended that raised nothing: while it was loading, and while it was serving.
_SILENTLY = {
    "signal": (
        deferred("The worker process was killed by {0} while the script was imported or init() ran."),
        deferred("The worker process was killed by {0} while it served requests."),
    ),
    "SIGKILL": (
        deferred(
            "The worker process was killed by {0} (perhaps the machine ran out of memory) while the script was imported or "
            "init() ran."
        ),
        deferred("The worker process was killed by {0} (perhaps the machine ran out of memory) while it served requests."),
    ),
    "exit": (
        deferred(
            "The worker process ended itself with exit code {0}, without an exception (os._exit?) while the script was imported "
            "or init() ran."
        ),
        deferred(
            "The worker process ended itself with exit code {0}, without an exception (os._exit?) while it served requests."
        ),
    ),
}


def findings_of(failure: dict[str, Any], paths: Paths, log_tail: Sequence[str] = ()) -> tuple[Finding, ...]:
    """One finding for why the service did not start, or its update was refused."""
    chain = failure.get("chain") or []
    phase = str(failure.get("phase", "init"))
    tail = [(line_place(paths.entry_script, 1), t("log: {0}", line)) for line in log_tail]
    if not chain:
        return (_without_a_word(failure, phase, paths, tail),)
    first = chain[0]
    places = [own_place(error, paths) for error in chain]
    place = next((place for place in places if place is not None), None)
    if place is None:
        place = definition_place(paths.entry_script, "init" if phase == "init" else "run")
    raised = " ".join(str(first["message"]).split()) if phase == "contract" else said(first)
    sentence = t(_WHERE.get(phase, _WHERE["server"]), raised)
    related = [
        (cause_place or place, t("caused by {0}", said(error)))
        for error, cause_place in list(zip(chain, places, strict=True))[1:]
    ]
    # What was raised may end with a full stop too.
    return (finding("SD501", place, sentence.rstrip(".") + ".", [*related, *tail]),)


def _without_a_word(failure: dict[str, Any], phase: str, paths: Paths, tail: Sequence[tuple[Place, str]]) -> Finding:
    place = definition_place(paths.entry_script, "init")
    if "deadline" in failure:
        return finding("SD504", place, slower_than_probes(float(failure["deadline"])), tail)
    signal = failure.get("signal")
    loading, serving = _SILENTLY.get(signal, _SILENTLY["signal"]) if signal else _SILENTLY["exit"]
    how = signal or failure.get("exit_code", t("unknown"))
    return finding("SD501", place, t(serving if phase == "run" else loading, how), tail)


def slower_than_probes(seconds: float) -> str:
    """The sentence of SD504."""
    return t(
        "init() was not done after {0} s: Azure's liveness probe would have restarted the container by then. "
        "Make init() faster, or raise initial_delay or failure_threshold of the liveness_probe in the deployment file.",
        f"{seconds:.0f}",
    )
