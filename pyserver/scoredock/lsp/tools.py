"""What the bundled server lacks, fetched on first use.

The extension carries pure Python only: enough to check. Running services needs packages with compiled parts (psutil) and
the Docker client; they are installed once, with hashes, into a folder of ours, and only then put on the path. Where
Scoredock was installed by pip everything is there and nothing is fetched.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import importlib
import importlib.util
import os
import secrets
import shutil
import sys
import sysconfig
from pathlib import Path

from scoredock.errors import ScoredockError
from scoredock.folders import cache_folder
from scoredock.l10n import t
from scoredock.progress import Progress, Step

WANTED = ("docker", "filelock", "psutil", "requests", "watchfiles")
# Beside the bundled server: its tools' lock file. Absent where Scoredock was installed by pip.
LOCK = Path(__file__).resolve().parents[3] / "tools.txt"

_fetching = asyncio.Lock()


class NoTools(ScoredockError):
    """The packages that running a service needs are not here and could not be fetched."""


def at_hand() -> bool:
    """Whether everything is importable now; puts an earlier installation on the path."""
    if all(importlib.util.find_spec(name) for name in WANTED):
        return True
    folder = _folder()
    if folder is None or not folder.is_dir():
        return False
    # At the end: what the bundle has itself is what it was tested with.
    sys.path.append(str(folder))
    importlib.invalidate_caches()
    return all(importlib.util.find_spec(name) for name in WANTED)


async def ensure(progress: Progress, *, offline: bool = False, python: str = "") -> None:
    """Make the tools importable, fetching them if need be. Raises NoTools."""
    if at_hand():
        return
    async with _fetching:
        if at_hand():
            return
        if offline:
            raise NoTools(
                t("Scoredock's tools are not on this machine yet."), t("Switch scoredock.environment.offline off once.")
            )
        folder = _folder()
        if folder is None:
            raise NoTools(t("This installation of Scoredock is not complete."), t("Install it again."))
        await _fetch(folder, progress, python or sys.executable)
        if not at_hand():
            raise NoTools(t("The tools were fetched, and cannot be imported."), t("Delete {0} and try again.", folder))


def _folder() -> Path | None:
    if not LOCK.is_file():
        return None
    # Compiled parts belong to one Python and one platform.
    kind = f"{sys.version_info.major}.{sys.version_info.minor}-{sysconfig.get_platform()}"
    lock = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]
    return cache_folder() / "tools" / f"editor-{kind}-{lock}"


async def _fetch(folder: Path, progress: Progress, python: str) -> None:
    from scoredock.environment.tools import fetch_uv
    from scoredock.environment.uv import run_child

    uv = await fetch_uv(progress)
    progress(Step(t("Fetching Scoredock's tools"), t("the Docker client and the process table, 3 MB, once")))
    building = folder.with_name(f"{folder.name}.{secrets.token_hex(4)}")
    building.parent.mkdir(parents=True, exist_ok=True)
    command = [uv, "pip", "install", "--quiet", "--require-hashes", "--no-deps", "--python", python]
    try:
        code, _, said = await run_child(
            [*command, "--target", str(building), "-r", str(LOCK)], folder=building.parent, variables=os.environ
        )
        if code != 0:
            last = "\n".join(said.strip().splitlines()[-6:])
            raise NoTools(
                t("The packages that running a service needs could not be fetched."),
                t("Connect this machine (or set its proxy) and try again; checks work all the same."),
                details=last,
            )
        with contextlib.suppress(OSError):  # another window was quicker
            building.rename(folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)
