"""Builds by BuildKit, through the docker command line."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections import deque
from collections.abc import Callable
from pathlib import Path

from scoredock.engine.command_line import environment_for
from scoredock.engine.connection import Connection
from scoredock.engine.context import build_context, secret_files
from scoredock.engine.failures import TAIL, build_failed
from scoredock.engine.values import BuildOrder
from scoredock.l10n import t
from scoredock.patience import within
from scoredock.progress import Progress, Step, silent

# "#7 [stage-0 3/5] RUN …" opens a step; "#7 2.506 Collecting six" is a line of its output, with seconds since it began.
STEP = re.compile(r"#\d+ \[(?:[^\]]* )?(\d+)/(\d+)\] (.*)")
OUTPUT = re.compile(r"#\d+ (?:\d+\.\d+ )?(.*)")


async def build(
    connection: Connection,
    command: Path,
    order: BuildOrder,
    progress: Progress = silent,
    listen: Callable[[str], object] = lambda _: None,
) -> None:
    """Build the order's image. ``listen`` hears every line the build prints. Cancelling ends the build on the engine too."""
    title = t("Building {0}", order.tag)
    progress(Step(title))
    tail: deque[str] = deque(maxlen=TAIL)
    with build_context(order) as folder, secret_files(order) as secrets:
        arguments = [*_dying_with_us(), str(command), "build", "--progress=plain", "--tag", order.tag]
        for name, value in order.labels:
            arguments += ["--label", f"{name}={value}"]
        for name, value in order.arguments:
            arguments += ["--build-arg", f"{name}={value}"]
        for identifier, file in secrets.items():
            arguments += ["--secret", f"id={identifier},src={file}"]
        if order.platform:
            arguments += ["--platform", order.platform]
        if order.network:
            arguments += ["--network", order.network]
        process = await asyncio.create_subprocess_exec(
            *arguments,
            str(folder),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
            env=environment_for(connection.address),
            start_new_session=os.name == "posix",
        )
        assert process.stdout is not None  # noqa: S101  # we asked for a pipe
        try:
            async for raw in process.stdout:
                line = raw.decode("utf-8", "replace").rstrip()
                step = STEP.fullmatch(line)
                if step:
                    progress(Step(title, step[3][:120], done=int(step[1]) - 1, total=int(step[2])))
                output = OUTPUT.fullmatch(line)
                text = output[1] if output else line
                tail.append(text)
                listen(text)
            code = await process.wait()
        finally:
            await _end(process)
    if code != 0:
        raise build_failed(order, tail, connection)


def _dying_with_us() -> tuple[str, ...]:
    """What makes the command end when this process is killed and can end nothing any more. Linux has a signal for that."""
    tool = shutil.which("setpriv") if sys.platform == "linux" else None
    return (tool, "--pdeathsig", "TERM", "--") if tool else ()


async def _end(process: Process) -> None:
    """No build goes on unwatched: the engine cancels one whose client is gone."""
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGTERM)
        else:
            process.terminate()
    try:
        await within(1, process.wait())
    except asyncio.TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
