"""Whether what is installed is what the file asks for: line by line, for the editor and `scoredock env diff`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from scoredock.environment.conda_file import conda_name
from scoredock.environment.conda_versions import as_pep440, exact_version
from scoredock.environment.declared import declared_distributions, declared_python, packages_folder, pip_specifier
from scoredock.environment.installed import installed_distributions
from scoredock.environment.key import environment_key
from scoredock.environment.lock_text import Resolved, read_lock
from scoredock.environment.requirement_lines import without_credentials
from scoredock.environment.store import left_by, lock_path
from scoredock.environment.sync import find, strategies
from scoredock.environment.twins import twin_of
from scoredock.environment.values import ReadyEnvironment, Requirement, Specification
from scoredock.finding import Place
from scoredock.l10n import t


class State(str, Enum):
    """How a line of an environment file stands to what is installed."""

    IN_SYNC = "in-sync"
    NOT_SYNCED = "not-synced"  # nothing is installed to compare with, or this package is not
    DRIFTED = "drifted"  # another version is installed than the line allows, or than was resolved
    UNPINNED = "unpinned"  # in sync, but next month's build in Azure may take another version


@dataclass(frozen=True, slots=True)
class Line:
    """One dependency: what the file wants, what was resolved and where from, and what is installed.

    ``place`` is its line in the file; ``wanted`` the text as written; ``verdict`` says how the two stand to each other.
    """

    name: str
    wanted: str
    state: State
    place: Place | None
    resolved: str | None = None
    installed: str | None = None
    source: str = ""
    verdict: str = ""

    @property
    def message(self) -> str:
        """The verdict, and where what is installed comes from: for a hover."""
        return f"{self.verdict} {t('It comes from {0}.', self.source)}" if self.source and self.installed else self.verdict


@dataclass(frozen=True, slots=True)
class Drift:
    """The comparison of a file with an installed set. ``extra`` are packages that nothing asked for, with their versions;
    ``missing`` such as were resolved and are gone."""

    state: State
    lines: tuple[Line, ...]
    extra: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()


def environment_drift(specification: Specification) -> Drift:
    """Compare a file with its environment on this machine, healthy or not."""
    ready = find(specification)
    for strategy in strategies(specification):
        key = environment_key(specification, strategy)
        found = ready if ready and ready.key == key else left_by(key)
        if found is not None:
            return compare(specification, installed_distributions(packages_folder(found)), resolved_of(found))
    return compare(specification, None, ())


def compare(specification: Specification, installed: dict[str, str] | None, resolved: tuple[Resolved, ...]) -> Drift:
    """Compare a file with any installed set: of this machine, of a running container, of another definition.

    ``installed`` maps normalised names to versions, ``None`` when there is nothing to compare with. ``resolved`` is the
    lock, empty when there is none.
    """
    locked: dict[str | None, Resolved] = {item.name: item for item in resolved if item.name}
    lines = [
        *(_line(item, *_conda_wish(item), installed, locked) for item in specification.conda),
        *(_line(item, item.name or item.text, pip_specifier(item), installed, locked) for item in specification.pip),
    ]
    if installed is None:
        return Drift(State.NOT_SYNCED, tuple(lines))
    python_only = {name for name, item in locked.items() if name and not item.conda}
    extra = tuple((name, version) for name, version in sorted(installed.items()) if locked and name not in locked)
    missing = tuple(sorted(name for name in python_only if name not in installed))
    moved = [name for name in python_only if name in installed and locked[name].version not in (None, installed[name])]
    states = {line.state for line in lines}
    if State.DRIFTED in states or extra or missing or moved:
        state = State.DRIFTED
    elif State.NOT_SYNCED in states:
        state = State.NOT_SYNCED
    else:
        state = State.UNPINNED if State.UNPINNED in states else State.IN_SYNC
    return Drift(state, tuple(lines), extra, missing)


def against_definition(specification: Specification, other: Specification) -> Drift:
    """Compare a file with another definition, such as the one that was exported to Azure: pins with pins."""
    theirs = {item.name: item for item in declared_distributions(other)}
    lines = []
    for item in declared_distributions(specification):
        their = theirs.pop(item.name, None)
        place = next((wish.place for wish in (*specification.pip, *specification.conda) if wish.name == item.name), None)
        wanted = f"{item.name}{item.specifier}"
        if their is None:
            state, message = State.NOT_SYNCED, t("{0} does not name {1}.", other.path.name, item.name)
        elif their.specifier == item.specifier:
            state = State.IN_SYNC if item.pin else State.UNPINNED
            message = t("{0} asks for the same.", other.path.name)
        elif their.pin and item.specifier and _allows(item.specifier, their.pin):
            state = State.UNPINNED
            message = t("{0} pins {1}, which '{2}' allows.", other.path.name, their.pin, wanted)
        else:
            state = State.DRIFTED
            message = (
                t("{0} asks for {1}, this file for '{2}'.", other.path.name, f"{item.name}{their.specifier}", wanted)
                if their.specifier
                else t("{0} asks for {1} in any version, this file for '{2}'.", other.path.name, item.name, wanted)
            )
        lines.append(Line(item.name, wanted, state, place, None, their.pin if their else None, "", message))
    missing = tuple(f"{name}{item.specifier}" for name, item in theirs.items())
    states = {line.state for line in lines}
    drifted = missing or states & {State.DRIFTED, State.NOT_SYNCED} or _python_differs(specification, other)
    state = State.DRIFTED if drifted else State.UNPINNED if State.UNPINNED in states else State.IN_SYNC
    return Drift(state, tuple(lines), (), missing)


def _python_differs(one: Specification, other: Specification) -> bool:
    return declared_python(one) != declared_python(other)


def packages_of_label(text: str) -> dict[str, str]:
    """The installed set of a container, from the label of its image ("numpy==1.26.4 six==1.16.0"): no process in it needed."""
    pairs = (word.partition("==") for word in text.split())
    return {name: version for name, _, version in pairs if name and version}


def resolved_of(ready: ReadyEnvironment) -> tuple[Resolved, ...]:
    """The lock of an environment; read once for each state of the file."""
    path = ready.lock or lock_path(ready.key)
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        return ()
    return _read(str(path), changed)


@lru_cache(maxsize=32)
def _read(path: str, _changed: int) -> tuple[Resolved, ...]:
    from pathlib import Path

    return read_lock(Path(path))


def _conda_wish(item: Requirement) -> tuple[str, str]:
    name, rest = conda_name(item.text)
    exact = exact_version(rest)
    return twin_of(name) or name, f"=={exact}" if exact else as_pep440(rest) or ""


def _line(
    item: Requirement, name: str, specifier: str, installed: dict[str, str] | None, locked: dict[str | None, Resolved]
) -> Line:
    lock = locked.get(name) or locked.get(item.name)
    version = (installed or {}).get(name)
    if version is None and installed is not None and lock is not None and lock.conda:
        version = lock.version  # a conda package that is no Python distribution leaves no trace among those
    resolved, source = (lock.version, without_credentials(lock.source)) if lock else (None, "")
    wanted = without_credentials(item.text)
    state, verdict = _judge(wanted, specifier, resolved, version, installed is not None)
    return Line(name, wanted, state, item.place, resolved, version, source, verdict)


def _judge(wanted: str, specifier: str, resolved: str | None, version: str | None, synced: bool) -> tuple[State, str]:
    if not synced:
        return State.NOT_SYNCED, t("The environment is not synced yet.")
    if version is None:
        if wanted.startswith("-e") or "://" in wanted or "/" in wanted:
            return State.IN_SYNC, t("Installed from a path or URL.")
        return State.NOT_SYNCED, t("{0} is not installed.", wanted)
    if specifier and not _allows(specifier, version):
        return State.DRIFTED, t("{0} is installed, which '{1}' does not allow.", version, wanted)
    if resolved is not None and resolved != version:
        return State.DRIFTED, t("{0} is installed; the environment was resolved with {1}.", version, resolved)
    if not specifier.startswith(("==", "===")) or "*" in specifier:
        verdict = t("{0} is installed; the file leaves the version open, so Azure may build with another.", version)
        return State.UNPINNED, verdict
    return State.IN_SYNC, t("{0} is installed, as the file asks.", version)


@lru_cache(maxsize=4096)
def _allows(specifier: str, version: str) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return True
