"""Runs uv: found through its package, as a child in a process group of its own that never outlives the call."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from scoredock.environment.host_settings import uv_environment
from scoredock.environment.leash import leashed
from scoredock.environment.requirement_lines import without_credentials
from scoredock.environment.values import EnvironmentProblem
from scoredock.l10n import t

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class UvFailed(Exception):
    """uv ended with an error; ``text`` is what it said, with no credential in it."""

    def __init__(self, arguments: list[str], code: int, text: str) -> None:
        super().__init__(f"uv {arguments[0]} failed with {code}: {text}")
        self.code = code
        self.text = text

    def last_lines(self, count: int = 12) -> str:
        return "\n".join(self.text.strip().splitlines()[-count:])


class Uv:
    """uv in one environment of variables and one working folder, both neutral: no project of the user's is touched."""

    def __init__(self, *, folder: Path, host: Mapping[str, str] | None = None, offline: bool = False) -> None:
        self.binary = find_uv()
        self.folder = folder
        self.variables = uv_environment(host) | {"NO_COLOR": "1", "UV_NO_PROGRESS": "1"}
        if offline:
            self.variables["UV_OFFLINE"] = "1"

    async def run(
        self,
        arguments: list[str],
        *,
        text: str | None = None,
        on_line: Callable[[str], None] | None = None,
        offline: bool = False,
    ) -> str:
        """Run one uv command to its end and return its stdout; ``text`` is its standard input.

        ``on_line`` gets each line of its stderr as it comes. Raises UvFailed.
        """
        code, out, said = await run_child(
            [self.binary, *arguments],
            text=text,
            folder=self.folder,
            variables=self.variables | ({"UV_OFFLINE": "1"} if offline else {}),
            on_line=on_line,
        )
        if code != 0:
            raise UvFailed(arguments, code, said)
        return out


async def run_child(
    command: list[str],
    *,
    folder: Path,
    variables: Mapping[str, str],
    text: str | None = None,
    on_line: Callable[[str], None] | None = None,
    on_out: Callable[[str], None] | None = None,
) -> tuple[int, str, str]:
    """Run a child to its end: its exit code, stdout and stderr (credentials blotted out of the latter).

    ``on_line`` and ``on_out`` get each line of stderr and stdout as it comes.

    Cancelling kills the child and everything it started: build backends, git, compilers.
    """
    options: dict[str, object] = (
        {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
        if sys.platform == "win32"
        else {"start_new_session": True}
    )
    with leashed(command) as (held, descriptors):
        child = await asyncio.create_subprocess_exec(
            *held,
            stdin=asyncio.subprocess.PIPE if text is not None else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=folder,
            env=dict(variables),
            pass_fds=descriptors,
            **options,  # type: ignore[arg-type]
        )
        try:
            out, said, _ = await asyncio.gather(
                _lines_of(child.stdout, on_out, raw=True), _lines_of(child.stderr, on_line), _feed(child.stdin, text)
            )
            code = await child.wait()
        finally:
            if child.returncode is None:
                end_group(child.pid)
                with contextlib.suppress(ProcessLookupError):
                    await asyncio.shield(child.wait())
    return code, out, said


def end_group(pid: int) -> None:
    """Kill a child that leads its process group, and the group."""
    if sys.platform == "win32":
        import psutil

        with contextlib.suppress(psutil.Error):
            leader = psutil.Process(pid)
            for process in (*leader.children(recursive=True), leader):
                with contextlib.suppress(psutil.Error):
                    process.kill()
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


async def _lines_of(stream: asyncio.StreamReader | None, on_line: Callable[[str], None] | None, *, raw: bool = False) -> str:
    """Read by pieces, not by readline: a line of a build's output may be longer than any limit."""

    def cleaned(line: str) -> str:
        return line if raw else without_credentials(_CONTROL.sub("", line).rstrip())

    said: list[str] = []
    pending = ""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while stream and (piece := await stream.read(1 << 16)):
        *lines, pending = (pending + decoder.decode(piece)).split("\n")
        for line in lines:
            said.append(cleaned(line))
            if on_line:
                on_line(said[-1])
    said.append(cleaned(pending))
    return "\n".join(said)


async def _feed(stream: asyncio.StreamWriter | None, text: str | None) -> None:
    if stream is None or text is None:
        return
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        stream.write(text.encode())
        await stream.drain()
    stream.close()


def find_uv() -> str:
    """uv's binary: of the package that we depend on, else of the tools that were fetched on first use, else on the path."""
    try:
        from uv import find_uv_bin

        return str(find_uv_bin())
    except (ImportError, FileNotFoundError):
        pass
    from scoredock.folders import cache_folder

    name = "uv.exe" if sys.platform == "win32" else "uv"
    for fetched in sorted((cache_folder() / "tools").glob(f"*/bin/{name}"), reverse=True):
        return str(fetched)
    on_path = shutil.which("uv")
    if on_path:
        return on_path
    raise EnvironmentProblem(t("uv, which installs packages, is not here."), t("Install it: python -m pip install uv."))
