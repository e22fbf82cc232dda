"""The interpreter for an environment: one that is on this machine, else one that uv downloads."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from scoredock.environment.conda_versions import as_pep440
from scoredock.environment.uv import Uv, UvFailed
from scoredock.environment.values import EnvironmentProblem, Note, Specification
from scoredock.l10n import deferred, t
from scoredock.progress import Progress, Step

# The lines of azureml-inference-server-http that exist: 0.8 is the last for 3.7; nothing older starts a current script.
OLDEST = Version("3.7")
# Without a wish the server's current line decides: it is tested by its makers for these.
USUAL = SpecifierSet(">=3.9,<3.14")


@dataclass(frozen=True, slots=True)
class Python:
    """An interpreter: its path, its full version, and what is to be said of the choice."""

    path: Path
    version: str
    note: Note | None = None


async def find_python(specification: Specification, uv: Uv, progress: Progress, *, offline: bool) -> Python:
    """Choose an interpreter for a specification; downloads one when none on this machine will do."""
    wanted = python_specifier(specification)
    progress(Step(t("Finding Python"), str(wanted) if wanted else ""))
    close: Python | None = None
    for look in (_at_hand, _found_by_uv):
        candidates = await look(uv)
        if chosen := _best(candidates, wanted if wanted is not None else USUAL):
            said = deferred("The file names no Python; {0} is used here, Azure takes its newest.")
            return Python(chosen.path, chosen.version, Note(said, (chosen.version,)) if wanted is None else None)
        close = close or _same_minor(candidates, specification)
    if close:
        return close
    return await _download(specification, wanted if wanted is not None else USUAL, uv, progress, offline=offline)


def python_specifier(specification: Specification) -> SpecifierSet | None:
    """What the file asks of Python, ``None`` when nothing; raises for what no inference server runs on."""
    if specification.python is None:
        return None
    text = as_pep440(specification.python)
    written = f"python{specification.python}" if specification.python[:1] in "=<>!~" else f"python {specification.python}"
    if text is None:
        raise EnvironmentProblem(
            t("'{0}' is a requirement that only conda can read.", written),
            t("Write one Python version, such as 'python=3.11'."),
            place=specification.python_place,
        )
    if text == "":
        return None
    # "python==3.11" means 3.11.0 to the letter, which nobody wants and Azure's users do not get: any 3.11 will do.
    wanted = SpecifierSet(re.sub(r"^==(\d+\.\d+)$", r"==\1.*", text))
    if not any(wanted.contains(f"3.{minor}.{patch}") for minor in range(OLDEST.minor, 20) for patch in range(40)):
        raise EnvironmentProblem(
            t("'{0}' leaves no Python that Azure's inference server runs on: it needs {1} or newer.", written, OLDEST),
            t("Ask for a newer Python, such as 'python=3.11'."),
            place=specification.python_place,
        )
    return wanted & SpecifierSet(f">={OLDEST}")


async def _at_hand(_: Uv) -> list[Python]:
    """Interpreters known without running anything: the one that runs us, and pyenv's."""
    own = getattr(sys, "_base_executable", None) or sys.executable
    found = [Python(Path(own), ".".join(map(str, sys.version_info[:3])))] if sys.version_info.releaselevel == "final" else []
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    name = "python.exe" if sys.platform == "win32" else "bin/python"
    for folder in sorted(root.glob("3.*")) if root.is_dir() else []:
        # uv sees pyenv's interpreters only through its shims, which work for the active version alone.
        if re.fullmatch(r"3\.\d+\.\d+", folder.name) and (folder / name).exists():
            found.append(Python(folder / name, folder.name))
    return found


async def _found_by_uv(uv: Uv) -> list[Python]:
    try:
        text = await uv.run(["python", "list", "--only-installed", "--output-format", "json", "--no-python-downloads"])
    except UvFailed:
        return []
    found = []
    for entry in json.loads(text or "[]"):
        if entry.get("path") and entry.get("implementation") == "cpython" and entry.get("variant", "default") == "default":
            found.append(Python(uv.folder / entry["path"], entry["version"]))  # relative when it lies below the folder
    return found


def _best(candidates: list[Python], wanted: SpecifierSet) -> Python | None:
    # The first stands for "the Python that runs us": it costs no question, so it wins where it fits.
    if candidates and wanted.contains(candidates[0].version):
        return candidates[0]
    fitting = [python for python in candidates if _version(python) is not None and wanted.contains(python.version)]
    return max(fitting, key=lambda python: Version(python.version), default=None)


def _same_minor(candidates: list[Python], specification: Specification) -> Python | None:
    """Another patch level of the Python asked for: the same packages fit it, and it is here."""
    match = re.search(r"\b(3\.\d+)\.\d+\b", specification.python or "")
    if not match or not re.fullmatch(r"\s*=*\s*3\.\d+\.\d+(\s*=.*)?\s*", specification.python or ""):
        return None
    chosen = _best([p for p in candidates if p.version.startswith(match[1] + ".")], SpecifierSet(f"=={match[1]}.*"))
    if chosen is None:
        return None
    said = Note(deferred("The file asks for Python {0}; {1}, which is here, is used."), (match[0], chosen.version))
    return Python(chosen.path, chosen.version, said)


def _version(python: Python) -> Version | None:
    try:
        return Version(python.version)
    except InvalidVersion:
        return None


async def _download(specification: Specification, wanted: SpecifierSet, uv: Uv, progress: Progress, *, offline: bool) -> Python:
    asked = ",".join(sorted(str(clause) for clause in wanted))
    todo = t("Install that Python, or ask for one that is here.")
    if offline:
        raise EnvironmentProblem(
            t("No Python that fits '{0}' is on this machine, and offline none can be downloaded.", asked),
            todo,
            place=specification.python_place,
        )
    progress(Step(t("Downloading Python"), asked))
    try:
        await uv.run(["python", "install", "--no-bin", asked], on_line=lambda line: progress(Step(t("Downloading Python"), line)))
        path = (await uv.run(["python", "find", "--managed-python", "--no-python-downloads", asked])).strip()
        version = (await uv.run(["python", "find", "--show-version", "--managed-python", asked])).strip()
    except UvFailed as failed:
        raise EnvironmentProblem(
            t("No Python that fits '{0}' is on this machine, and it could not be downloaded.", asked),
            todo,
            place=specification.python_place,
            details=failed.last_lines(),
        ) from None
    return Python(uv.folder / path, version)
