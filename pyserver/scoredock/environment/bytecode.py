"""Compiles an environment's packages ahead of their first import.

uv writes no bytecode, and Python writes it as it imports: the first start of a service pays for what it imports, once.
Compiling everything at sync time would make the first answer later, not sooner (it compiles ten times what a script
imports), so it is done afterwards, in the background and at the lowest priority, by whoever has the time: a service some
seconds after its first answer (`runtime/bytecode.py`, which does the work), the editor after a sync.
"""

from __future__ import annotations

import os
from pathlib import Path

from scoredock.environment.declared import packages_folder
from scoredock.environment.uv import run_child
from scoredock.environment.values import ReadyEnvironment
from scoredock.runtime import bytecode


def is_compiled(environment: ReadyEnvironment) -> bool:
    """Whether everything in an environment was compiled ahead."""
    return (environment.prefix / bytecode.OURS / bytecode.DONE).exists()


async def compile_bytecode(environment: ReadyEnvironment) -> None:
    """Compile what is not compiled yet. Cancelling ends it at once; what is done stays done. Never raises for a file
    that does not compile or a folder that cannot be written: bytecode is a convenience. An interpreter of the user's is
    left alone."""
    mark = environment.prefix / bytecode.OURS
    if is_compiled(environment) or not mark.is_dir() or not os.access(mark, os.W_OK):
        return
    without = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONHOME")
    variables = {name: value for name, value in os.environ.items() if name not in without}
    script = Path(bytecode.__file__).absolute()
    command = [str(environment.interpreter), "-I", str(script), str(environment.prefix), str(packages_folder(environment))]
    await run_child(command, folder=environment.prefix, variables=variables)
