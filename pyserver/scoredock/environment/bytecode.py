"""Compiles an environment's packages ahead of their first import.

uv writes no bytecode, and Python writes it as it imports: the first start of a service pays for what it imports, once.
Compiling everything at sync time would make the first answer later, not sooner (it compiles ten times what a script
imports), so it is done afterwards, in the background and at the lowest priority, by whoever has the time: the service
after its first answer, the editor when it is idle.
"""

from __future__ import annotations

import os
from pathlib import Path

from scoredock.environment.declared import packages_folder
from scoredock.environment.uv import run_child
from scoredock.environment.values import ReadyEnvironment

_DONE = Path(".scoredock") / "compiled"
# -q -q: files that do not compile are templates and tests for other Pythons; nobody imports them.
_CODE = """
import compileall, os, sys
getattr(os, "nice", lambda _: None)(19)
compileall.compile_dir(sys.argv[1], quiet=2, workers=int(sys.argv[2]))
"""


def is_compiled(environment: ReadyEnvironment) -> bool:
    """Whether everything in an environment was compiled ahead."""
    return (environment.prefix / _DONE).exists()


async def compile_bytecode(environment: ReadyEnvironment, *, workers: int = 1) -> None:
    """Compile what is not compiled yet. Cancelling ends it at once; what is done stays done. Never raises for a file
    that does not compile or a folder that cannot be written: bytecode is a convenience."""
    if is_compiled(environment) or not os.access(environment.prefix, os.W_OK):
        return
    variables = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONHOME")
    }
    command = [str(environment.interpreter), "-I", "-c", _CODE, str(packages_folder(environment)), str(workers)]
    code, _, _ = await run_child(command, folder=environment.prefix, variables=variables)
    if code == 0:
        (environment.prefix / _DONE).touch()
