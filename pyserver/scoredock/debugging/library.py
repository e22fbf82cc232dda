"""debugpy for the Python of a service: from the package index into Scoredock's own tools, once for each Python.

It is never installed into the user's environment or image: a worker finds it in the folder it is told.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from importlib import util
from pathlib import Path

from filelock import AsyncFileLock

from scoredock.debugging.workers import CannotAttach
from scoredock.environment.tools import fetch_uv
from scoredock.environment.uv import Uv, UvFailed, run_child
from scoredock.environment.values import EnvironmentProblem
from scoredock.folders import debuggers_folder
from scoredock.l10n import t
from scoredock.progress import Progress, Step, silent

# Python -> the last debugpy that runs on it.
VERSIONS = {(3, 7): "1.7.0", (3, 8): "1.8.21", (3, 9): "1.8.21"}
NEWEST = "1.8.22"
OLDEST_PYTHON = (3, 7)
LOCKS = Path(__file__).parent / "locks"  # every wheel of these versions, byte for byte
# Of debugpy's 20 MB; what is for other systems, for tests, and for attaching by process id goes.
NOT_NEEDED = ("*.dll", "*.pdb", "*.dylib", "*.exe", "winappdbg", "windows", "linux_and_mac", "*.dist-info")


def version_for(python: tuple[int, int]) -> str:
    """The debugpy for a Python. Raises `CannotAttach` for one that none is known for."""
    if python < OLDEST_PYTHON:
        raise CannotAttach(t("Python {0}.{1} is too old for the debugger.", python[0], python[1]), t("Python 3.7 is the oldest."))
    return VERSIONS.get(python, NEWEST)


async def library_for(python: str, platform: str | None = None, progress: Progress = silent) -> Path:
    """A folder with debugpy in it, for Python ``3.12`` (or ``3.12.1``) on this machine or on ``platform`` (uv's name, such
    as ``aarch64-manylinux_2_28``). Raises `CannotAttach`."""
    major, second = python.split(".")[:2]
    minor = (int(major), int(second))
    version = version_for(minor)
    folder = debuggers_folder() / f"debugpy-{version}-py{minor[0]}.{minor[1]}-{platform or sys.platform}"
    if (folder / "debugpy").is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    async with AsyncFileLock(f"{folder}.lock", timeout=120):
        if not (folder / "debugpy").is_dir():
            await _fetch(folder, version, minor, platform, progress)
    return folder


async def _fetch(folder: Path, version: str, minor: tuple[int, int], platform: str | None, progress: Progress) -> None:
    progress(Step(t("Getting the debugger"), t("debugpy {0} for Python {1}.{2}", version, minor[0], minor[1])))
    work = Path(tempfile.mkdtemp(prefix=".debugpy-", dir=folder.parent))
    try:
        arguments = [
            *("pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", "--target", str(work / "all")),
            *("--python-version", f"{minor[0]}.{minor[1]}"),
            *("--require-hashes", "--requirement", str(LOCKS / f"debugpy-{version}.txt")),
            *(("--python-platform", platform) if platform else ()),
        ]
        try:
            await fetch_uv(progress)
            await Uv(folder=work).run(arguments)
        except (UvFailed, EnvironmentProblem) as failed:
            own = _own_debugpy(minor)
            if own is None:
                raise CannotAttach(
                    t("The debugger for Python {0}.{1} (debugpy {2}) cannot be fetched.", minor[0], minor[1], version),
                    t("Connect to the package index once; it is kept for later."),
                    details=failed.last_lines() if isinstance(failed, UvFailed) else str(failed),
                ) from failed
            shutil.copytree(own, work / "all" / "debugpy")
        trimmed = work / "trimmed"
        shutil.copytree(work / "all", trimmed, ignore=shutil.ignore_patterns(*NOT_NEEDED, "bin", "__pycache__"))
        await _compile(trimmed, minor)
        for one in (trimmed, *trimmed.rglob("*")):
            one.chmod(0o755 if one.is_dir() else 0o644)  # a container's user is somebody else
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(trimmed, folder)  # noqa: PTH105  a folder is moved whole: nobody sees half of it
    finally:
        shutil.rmtree(work, ignore_errors=True)


async def _compile(folder: Path, minor: tuple[int, int]) -> None:
    """Write bytecode, for a worker that may not or that starts anew each time (a container): importing takes a fifth then.

    Any interpreter of that minor version writes what all of them read; without one on this machine the worker compiles.
    """
    uv = Uv(folder=folder, offline=True)
    with contextlib.suppress(UvFailed):
        python = (await uv.run(["python", "find", "--no-project", "--no-python-downloads", f"{minor[0]}.{minor[1]}"])).strip()
        # The mode that asks for no time stamps: the folder is copied about, and never changes.
        command = [python, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(folder)]
        await run_child(command, folder=folder, variables=os.environ)


def _own_debugpy(minor: tuple[int, int]) -> Path | None:
    """The debugpy beside Scoredock itself, if that may serve: its compiled parts are optional, its Python parts are for 3.10
    and newer."""
    found = util.find_spec("debugpy")
    if found is None or not found.submodule_search_locations or minor < (3, 10):
        return None
    return Path(found.submodule_search_locations[0])
