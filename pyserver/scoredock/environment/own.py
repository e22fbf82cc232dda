"""The user's own interpreter as it is: nothing is installed, nothing is kept; only what is there is said."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from scoredock.environment.installed import installed_distributions
from scoredock.environment.pythons import OLDEST
from scoredock.environment.server_package import SERVER, server_of
from scoredock.environment.uv import run_child
from scoredock.environment.values import EnvironmentProblem, ReadyEnvironment, Specification, Strategy
from scoredock.l10n import t
from scoredock.progress import Progress, Step, silent

_ASK = (
    "import json, sys, sysconfig;"
    "print(json.dumps([sys.prefix, '%d.%d.%d' % sys.version_info[:3], sysconfig.get_path('purelib'), sys.version_info[:2]]))"
)


@dataclass(frozen=True, slots=True)
class _About:
    prefix: Path
    version: str
    packages: Path
    fits: bool


async def own_environment(interpreter: Path, progress: Progress = silent) -> ReadyEnvironment:
    """An interpreter as an environment. Raises EnvironmentProblem where the server cannot run with it."""
    progress(Step(t("Looking at your interpreter"), str(interpreter)))
    about = await _about(interpreter)
    if not about.fits:
        raise EnvironmentProblem(
            t("{0} is Python {1}; Azure's inference server needs {2} or newer.", interpreter, about.version, OLDEST),
            t("Name a newer one."),
        )
    server = server_of(installed_distributions(about.packages), added=False)
    if server is None:
        raise EnvironmentProblem(
            t("{0} has no {1}, so nothing can be served from it.", interpreter, SERVER),
            t("Install it there: {0} -m pip install {1}.", interpreter, SERVER),
        )
    return ReadyEnvironment(
        key=_key(interpreter),
        prefix=about.prefix,
        interpreter=interpreter,
        python_version=about.version,
        strategy=Strategy.OWN,
        server=server,
        notes=(t("Your own interpreter is used as it is; nothing holds it to the versions that Azure uses."),),
    )


def named_interpreter(specification: Specification) -> Path:
    """The interpreter that a v1 environment names; found on the path, or relative to the file. Raises EnvironmentProblem."""
    name = specification.interpreter or "python"
    beside = specification.path.parent / Path(name).expanduser()
    # With a separator it is a path; a bare name is what a shell would run.
    found = shutil.which(name) if os.sep not in name and "/" not in name else str(beside) if beside.exists() else None
    if found is None:
        raise EnvironmentProblem(
            t("There is no interpreter '{0}'.", name), t("Correct 'interpreterPath'."), place=specification.python_place
        )
    return Path(found).absolute()


async def _about(interpreter: Path) -> _About:
    try:
        stamp = interpreter.stat().st_mtime_ns
    except OSError:
        raise EnvironmentProblem(t("There is no interpreter {0}.", interpreter), t("Correct its path.")) from None
    known = _KNOWN.get((str(interpreter), stamp))
    if known is None:
        known = await _asked(interpreter)
        _KNOWN[str(interpreter), stamp] = known
    return known


async def _asked(interpreter: Path) -> _About:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    try:
        code, out, said = await run_child([str(interpreter), "-c", _ASK], folder=interpreter.parent, variables=variables)
        prefix, version, packages, minor = json.loads(out)
    except (OSError, ValueError):
        code, said, prefix, version, packages, minor = 1, "", "", "", "", (0, 0)
    if code != 0 or not version:
        last = said.strip().splitlines()[-1:] or [""]
        raise EnvironmentProblem(t("{0} does not run as a Python interpreter.", interpreter), t("Name another."), details=last[0])
    return _About(Path(prefix), version, Path(packages), tuple(minor) >= (OLDEST.major, OLDEST.minor))


_KNOWN: dict[tuple[str, int], _About] = {}


def _key(interpreter: Path) -> str:
    return "own-" + hashlib.sha256(str(interpreter).encode()).hexdigest()[:12]
