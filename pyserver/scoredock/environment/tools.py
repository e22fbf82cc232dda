"""Tools that are fetched on first use into a folder of their own, because most users never need them.

The extension carries neither uv nor py-rattler; an installation by pip has uv, and py-rattler with the extra `conda`.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import sys
from pathlib import Path

from scoredock.environment.uv import Uv, find_uv, run_child
from scoredock.environment.values import EnvironmentProblem
from scoredock.folders import cache_folder
from scoredock.l10n import t
from scoredock.progress import Progress, Step

# Raised with the oldest version whose interface the child was written for.
RATTLER = "py-rattler>=0.28,<0.29"
UV = "uv>=0.9"


async def python_with_rattler(uv: Uv, progress: Progress) -> Path:
    """An interpreter that can import rattler: this one, else one of a small environment made for it. Raises UvFailed."""
    if importlib.util.find_spec("rattler") is not None:
        return Path(sys.executable)
    target = cache_folder().resolve() / "tools" / "rattler-0.28"
    python = target / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if (target / "complete").exists() and python.exists():
        return python
    progress(Step(t("Fetching the conda solver"), t("py-rattler, 25 MB, once")))
    building = target.with_name(f"{target.name}.{secrets.token_hex(4)}")
    building.mkdir(parents=True)
    try:
        # Relocatable and without bytecode: it is built beside its place and moved there when it is whole.
        await uv.run(
            ["venv", "--quiet", "--allow-existing", "--relocatable", "--no-project", "--python", sys.executable, str(building)]
        )
        inside = building / python.relative_to(target)
        await uv.run(["pip", "install", "--quiet", "--python", str(inside), RATTLER])
        (building / "complete").touch()
        if (target / "complete").exists():
            return python  # another process was quicker
        shutil.rmtree(target, ignore_errors=True)
        building.rename(target)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return python


async def fetch_uv(progress: Progress) -> str:
    """uv's binary, fetched with pip if there is none yet."""
    try:
        return find_uv()
    except EnvironmentProblem:
        pass
    progress(Step(t("Fetching uv"), t("the package installer, 20 MB, once")))
    tools = cache_folder().resolve() / "tools"
    building = tools / f".uv.{secrets.token_hex(4)}"
    building.mkdir(parents=True)
    try:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]

        code, _, said = await run_child([*command, "--target", str(building), UV], folder=building, variables=os.environ)
        if code != 0:
            raise EnvironmentProblem(
                t("uv, which installs packages, is not here and could not be fetched with pip."),
                t("Install it by hand: {0} -m pip install uv.", sys.executable),
                details="\n".join(said.strip().splitlines()[-4:]),
            )
        if not (tools / "uv").exists():
            building.rename(tools / "uv")
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return find_uv()
