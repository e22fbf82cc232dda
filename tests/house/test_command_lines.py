"""A process is found from its first moment on."""

import subprocess
import sys

from scoredock.command_lines import command_lines


def test_a_process_that_is_just_being_started_is_seen() -> None:
    # Without the wait most of these are missed: a process has no command line yet when Popen returns.
    for number in range(30):
        mark = f"--mark-{number}"
        with subprocess.Popen([sys.executable, "-c", "input()", mark], stdin=subprocess.PIPE) as process:
            seen = [found.pid for found, words in command_lines() if mark in words]
            process.communicate(b"\n")
        assert seen == [process.pid]
