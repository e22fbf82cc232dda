"""What a failed build says, cut down to what a person needs."""

from __future__ import annotations

import re
from collections.abc import Iterable

from scoredock.engine.connection import Connection, absent
from scoredock.engine.values import BuildFailed, BuildOrder, EngineProblem
from scoredock.l10n import t

# Lines kept of a build's output: enough for the message of an installer, not its whole log.
TAIL = 25
# How the two builders say that the engine went away under them.
GONE = ("error during connect", "cannot connect to the docker daemon", "transport is closing", "connection refused", "eof")

# 128 + the signal's number: SIGKILL and SIGTERM.
KILLED = re.compile(r"(?:non-zero code|exit code): (?:137|143)\b")


def build_failed(order: BuildOrder, tail: Iterable[str], connection: Connection) -> EngineProblem:
    """The error for a build that ended badly, from the last lines it printed."""
    lines = [line for line in tail if line.strip()]
    text = "\n".join(lines)
    last = "\n".join(lines[-3:]).lower()
    if any(sign in last for sign in GONE) and not _answers(connection):
        return absent(connection.address, text)
    if "no space left on device" in text.lower():
        return BuildFailed(
            t("Building {0} failed: the engine's disk is full.", order.tag),
            t("Free room with `docker system df` and `docker builder prune`, then try again."),
            details=text,
        )
    if KILLED.search(last):
        return BuildFailed(
            t("Building {0} failed: its process was killed.", order.tag),
            t("Either the engine was stopped, or the machine ran out of memory."),
            details=text,
        )
    return BuildFailed(
        t("Building {0} failed.", order.tag),
        t("The last lines of the build say why; the environment file is what it built."),
        details=text,
    )


def _answers(connection: Connection) -> bool:
    try:
        return bool(connection.client.ping())
    except Exception:  # any failure at all means that it does not
        return False
