"""The ways to make an environment in a folder: with uv alone, or conda packages first and the pip section after them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.version import Version

from scoredock.environment.conda_strategy import install_conda, python_of, unrun_scripts
from scoredock.environment.installed import installed_distributions, site_packages
from scoredock.environment.lock_text import Resolved
from scoredock.environment.pythons import find_python, python_specifier
from scoredock.environment.requirement_lines import is_path_or_url
from scoredock.environment.server_package import ADDED_LINE, SERVER
from scoredock.environment.twins import with_twins
from scoredock.environment.uv import Uv, UvFailed
from scoredock.environment.uv_strategy import Wanted, install, install_text, make_venv, resolve, resolve_from_cache, wanted
from scoredock.environment.values import EnvironmentProblem, Note, Specification, Strategy
from scoredock.l10n import deferred, t
from scoredock.progress import Progress


@dataclass(frozen=True, slots=True)
class Job:
    """One environment to make: where, from what, with the versions of an earlier time where there are any."""

    specification: Specification
    folder: Path
    uv: Uv
    locked: tuple[Resolved, ...]
    progress: Progress
    offline: bool

    @property
    def scratch(self) -> Path:
        """For files that uv reads while it works; gone afterwards, since a line in them may hold a password."""
        return self.folder / ".scoredock" / "scratch"


@dataclass(frozen=True, slots=True)
class Made:
    """What a strategy leaves in the folder."""

    interpreter: Path
    python_version: str
    resolved: tuple[Resolved, ...]
    notes: tuple[Note, ...] = ()


async def with_uv(job: Job) -> Made:
    """A virtual environment with packages from the index."""
    specification, uv = job.specification, job.uv
    python = await find_python(specification, uv, job.progress, offline=job.offline)
    want = wanted(specification, specification.pip, python.version)
    ahead = asyncio.create_task(_ahead(job, want, python.path))
    try:
        resolved = job.locked or await resolve(want, specification, uv, job.progress, python=python.path, scratch=job.scratch)
        interpreter, guess = await ahead
    finally:
        ahead.cancel()
        await asyncio.gather(ahead, return_exceptions=True)
    strays = {item.name for item in guess if item.name} - {item.name for item in resolved}
    if strays:
        await uv.run(["pip", "uninstall", "--python", str(interpreter), *sorted(filter(None, strays))])
    await install(resolved, want, specification, uv, job.progress, interpreter=interpreter)
    notes = (python.note, _older_server(resolved, want.lines, python.version))
    return Made(interpreter, python.version, resolved, tuple(note for note in notes if note))


async def _ahead(job: Job, want: Wanted, python: Path) -> tuple[Path, tuple[Resolved, ...]]:
    """Make the empty environment while the index is being asked, and install into it what its last answer was.

    Nearly always the new answer is the same, and then nothing is left to be done; where it is not, what differs is
    replaced. Returns the interpreter and what was installed.
    """
    interpreter = await make_venv(job.folder, python, job.specification.name or "scoredock", job.specification, job.uv)
    # Sources of the user's own are built where they lie: two builds at once would be in each other's way.
    if job.locked or job.offline or any(line.startswith("-e") or " @ " in line or is_path_or_url(line) for line in want.lines):
        return interpreter, ()
    try:
        guess = await resolve_from_cache(want, job.uv, python=python, scratch=job.scratch / "ahead")
        arguments = ["pip", "install", "--no-deps", "--python", str(interpreter), *want.arguments, "-r", "-"]
        await job.uv.run(arguments, text=install_text(guess, want), offline=True)
    except UvFailed:
        return interpreter, ()
    return interpreter, guess


def _older_server(resolved: tuple[Resolved, ...], lines: tuple[str, ...], python_version: str) -> Note | None:
    """A sentence where the file's pins forced an old line of a server that was added (1.4 is the first for today's Flask)."""
    version = next((item.version for item in resolved if item.name == SERVER), None)
    if ADDED_LINE not in lines or version is None or Version(python_version) < Version("3.9"):
        return None
    if Version(version) >= Version("1.4"):
        return None
    return Note(deferred("The inference server {0} was added: newer ones disagree with the file's pins."), (version,))


async def with_twins_of_conda(job: Job) -> Made:
    """As with uv alone, conda packages replaced by their twins on PyPI."""
    mapped = with_twins(job.specification)
    pip = (*mapped.pip, *job.specification.pip)
    made = await with_uv(replace(job, specification=replace(job.specification, pip=pip, conda=())))
    return replace(made, notes=(*made.notes, *mapped.notes))


async def with_conda(job: Job) -> Made:
    """Conda packages by rattler, then the pip section by uv into the same prefix, which keeps what conda installed."""
    specification, uv = job.specification, job.uv
    python_specifier(specification)  # refuses what no server runs on before anything is downloaded
    conda_lock = tuple(item for item in job.locked if item.conda)
    conda = await install_conda(specification, job.folder, conda_lock, uv, job.progress, offline=job.offline)
    version = next((item.version for item in conda if item.name == "python"), None)
    interpreter = python_of(job.folder)
    if version is None or not interpreter.exists():
        raise EnvironmentProblem(t("The channels gave no Python for this environment."), t("Add 'python' to the dependencies."))
    present = installed_distributions(site_packages(job.folder))
    want = wanted(specification, specification.pip, version)
    # Whether pip and setuptools are inside is conda's business here; the server may have come from a channel.
    ours = [line for line in want.lines if line not in ("pip", "setuptools", "wheel")]
    ours = [line for line in ours if not (line.startswith(f"{SERVER}>") and SERVER in present)]
    want = replace(want, lines=tuple(ours))
    pip = tuple(item for item in job.locked if not item.conda)
    if not pip and want.lines:
        resolved = await resolve(want, specification, uv, job.progress, python=interpreter, scratch=job.scratch, present=present)
        pip = tuple(item for item in resolved if item.version is None or present.get(item.name or "") != item.version)
    if pip:
        await install(pip, want, specification, uv, job.progress, interpreter=interpreter)
    scripts = unrun_scripts(job.folder)
    said = Note(deferred("The post-link scripts of {0} were not run; Azure's conda runs them."), (", ".join(scripts),))
    return Made(interpreter, version, (*conda, *pip), (said,) if scripts else ())


WAYS: dict[Strategy, Callable[[Job], Awaitable[Made]]] = {
    Strategy.UV: with_uv,
    Strategy.MAPPED: with_twins_of_conda,
    Strategy.CONDA: with_conda,
}
