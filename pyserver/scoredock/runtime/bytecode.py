"""Compiles the packages of an environment that Scoredock made, ahead of their next import, when a service has nothing else to do.

uv writes no bytecode; Python writes that of what it imports, and the first start pays for it. The rest is compiled here, later
and once, by a child that takes only the time nobody else wants and never outlives the service. Run as a script it does the work:
``bytecode.py PREFIX PACKAGES``.
"""

from __future__ import annotations

import compileall
import os
import subprocess
import sys
import sysconfig
import time

QUIET = 10.0  # seconds after the last start or update
OURS = ".scoredock"  # in the prefix of every environment that Scoredock made, and of no other
DONE = "compiled"


class Bytecode:
    """Starts the work once, from the arbiter's loop."""

    def __init__(self) -> None:
        mark = os.path.join(sys.prefix, OURS)
        self._wanted = os.path.isdir(mark) and os.access(mark, os.W_OK) and not os.path.exists(os.path.join(mark, DONE))
        self._quiet_from = time.monotonic() + QUIET
        self._child: subprocess.Popen[bytes] | None = None

    def not_now(self) -> None:
        """Somebody is at it."""
        self._quiet_from = time.monotonic() + QUIET

    def step(self) -> None:
        """Begin, if it is time. The child is buried with the others (`Arbiter.reap_workers`)."""
        if not self._wanted or time.monotonic() < self._quiet_from:
            return
        self._wanted = False
        command = [sys.executable, "-I", os.path.abspath(__file__), sys.prefix, sysconfig.get_path("purelib")]
        variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        try:
            self._child = subprocess.Popen(command, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        except OSError:
            pass  # bytecode is a convenience


def main(prefix: str, packages: str) -> None:
    """Compile what is not compiled yet; stop when whoever began it is gone. What is done stays done."""
    parent = os.getppid()
    _give_way()
    for folder, names, files in os.walk(packages):
        names.sort()
        for name in sorted(files):
            if os.getppid() != parent:
                return
            if name.endswith(".py"):
                # Quiet: files that do not compile are templates, and tests for other Pythons; nobody imports them.
                compileall.compile_file(os.path.join(folder, name), quiet=2)
    with open(os.path.join(prefix, OURS, DONE), "w"):
        pass


def _give_way() -> None:
    try:
        os.nice(19)
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    except (AttributeError, OSError):
        pass  # not on this system


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
