"""Whether an environment can run the inference server: is it there, does its Python take it, do the pins beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, reduce
from pathlib import Path
from typing import Any

import yaml
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from scoredock.finding import Finding, Fix, Place, Severity
from scoredock.l10n import t
from scoredock.project.insertion import pip_line
from scoredock.project.marked import Document, Sequence
from scoredock.project.packages import Package
from scoredock.project.said import found

SERVER = "azureml-inference-server-http"
_FILE = Path(__file__).parent / "server_versions.yml"


@cache
def _data() -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    data: dict[str, Any] = yaml.load(_FILE.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - both loaders are safe ones
    return data


def check_server(document: Document, dependencies: Sequence, packages: tuple[Package, ...]) -> Iterator[Finding]:
    by_name = {package.name: package for package in packages if package.name}
    python = by_name.get("python")
    server = by_name.get(SERVER)
    bringer = next((by_name[name] for name in _data()["brings_server"] if name in by_name), None)
    if server is None and bringer is None:
        if all(package.known for package in packages):
            yield _missing(document, dependencies, by_name)
        return
    releases = _releases(server, bringer)
    if releases:
        yield from _python(server or bringer, python, releases)
        yield from _clashes(server or bringer, by_name, releases)
    yield from _broken_imports(by_name, _held_back(releases))


def _missing(document: Document, dependencies: Sequence, by_name: dict[str, Package]) -> Finding:
    newest = _newest_for(by_name.get("python"))
    line = f"{SERVER}=={newest}" if newest else SERVER
    insertion = pip_line(document, dependencies, has_pip="pip" in by_name)
    message = t(
        "'{0}' is not among the packages: the server that runs the script is then missing"
        " (some of Microsoft's images install an old one at start, others end with 'gunicorn: not found').",
        SERVER,
    )
    place = dependencies.place
    top = Place(place.path, place.line, place.column, place.line, place.column + 1)
    return found(
        "SD403", Severity.WARNING, top, message, Fix(t("Add '{0}'", line), (insertion.edit(line),)) if insertion else None
    )


def _newest_for(python: Package | None) -> str | None:
    minor = _minor(python)
    fitting = [text for text, needs in _data()[SERVER].items() if minor is None or minor >= Version(needs["python"])]
    return max(fitting, key=Version, default=None)


def _minor(python: Package | None) -> Version | None:
    """The minor version that a file pins: ``=3.10``, ``==3.10.4``; nothing for ranges."""
    match = re.fullmatch(r"={1,2}\s*(\d+\.\d+)(?:\.\*|\.\d+)*\*?(?:=\S*)?", python.rest) if python else None
    return Version(match[1]) if match else None


def _releases(server: Package | None, bringer: Package | None) -> dict[str, dict[str, str]]:
    """The known releases that the file allows; empty when it allows any, or one that is not known."""
    known: dict[str, dict[str, str]] = _data()[SERVER]
    allowed = server.rest if server else ""
    if server and server.kind == "conda" and server.pin:
        allowed = f"=={server.pin}"
    if server is None and bringer is not None:
        allowed = _data()["brings_server"][bringer.name].get(bringer.pin or "", "")
    try:
        wanted = SpecifierSet(allowed)
    except InvalidSpecifier:
        return {}
    if not allowed:
        return {}
    fitting = {text: needs for text, needs in known.items() if wanted.contains(text, prereleases=True)}
    # A range that reaches beyond the newest known release may be answered by one that is not known.
    return {} if any(wanted.contains(future) for future in ("1.99", "2.0", "9.0")) and not _capped(wanted) else fitting


def _capped(wanted: SpecifierSet) -> bool:
    return any(one.operator in ("==", "===") for one in wanted)


def _python(server: Package | None, python: Package | None, releases: dict[str, dict[str, str]]) -> Iterator[Finding]:
    minor = _minor(python)
    if minor is None or server is None or python is None or python.place is None:
        return
    oldest = min(Version(needs["python"]) for needs in releases.values())
    if minor < oldest:
        message = t("Python {0} is too old for {1}, which needs {2} or newer; pip will refuse it.", minor, server.text, oldest)
        yield found("SD406", Severity.ERROR, python.place, message)


def _clashes(server: Package | None, by_name: dict[str, Package], releases: dict[str, dict[str, str]]) -> Iterator[Finding]:
    names = {name for needs in releases.values() for name in needs if name != "python"}
    for name in sorted(names & set(by_name)):
        package = by_name[name]
        if package.pin is None or package.place is None or server is None:
            continue
        version = _version(package.pin)
        wanted = {needs[name] for needs in releases.values() if name in needs}
        everywhere = all(name in needs for needs in releases.values())
        if version and everywhere and not any(SpecifierSet(one).contains(version, prereleases=True) for one in wanted):
            takes = reduce(lambda one, other: t("{0} or {1}", one, other), sorted(f"{name}{one}" for one in wanted))
            message = t(
                "{0} cannot stand beside {1}, which needs {2}; the environment cannot be made.", package.text, server.text, takes
            )
            yield found("SD404", Severity.ERROR, package.place, message)


def _held_back(releases: dict[str, dict[str, str]]) -> set[str]:
    """What every allowed release of the server keeps from being the newest."""
    names = {name for needs in releases.values() for name in needs if name != "python"}
    return {name for name in names if all(re.search(r"<|==|~=", needs.get(name, "")) for needs in releases.values())}


def _broken_imports(by_name: dict[str, Package], held: set[str]) -> Iterator[Finding]:
    for rule in _data()["breaks_with_newest"]:
        package = by_name.get(rule["package"])
        version = _version(package.pin) if package and package.pin else None
        if package is None or package.place is None or version is None or not SpecifierSet(rule["versions"]).contains(version):
            continue
        other = by_name.get(rule["needs"])
        other_version = _version(other.pin) if other and other.pin else None
        free = other is None and rule["needs"] not in held
        if free or (other_version and not other_version < Version(rule["below"])):
            limit = f"{rule['needs']}<{rule['below']}"
            message = t(
                "{0} fails on import beside newer {1} ({2}): ask for {3} as well.",
                package.text,
                rule["needs"],
                rule["error"],
                limit,
            )
            yield found("SD404", Severity.ERROR, package.place, message)


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None
