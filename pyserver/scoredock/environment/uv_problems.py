"""What uv says when it fails, in one sentence that says what to do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from scoredock.environment.key import absolute_line
from scoredock.environment.server_package import ADDED_LINE, SERVER, names_the_server
from scoredock.environment.uv import Uv, UvFailed
from scoredock.environment.values import EnvironmentProblem, Specification
from scoredock.finding import Place
from scoredock.l10n import t

if TYPE_CHECKING:
    from scoredock.environment.uv_strategy import Wanted

_NETWORK = re.compile(
    r"dns error|Could not resolve host|error sending request|Connection refused|connection refused|timed out|tunnel error|"
    r"network is unreachable|Network unreachable|Failed to fetch|invalid peer certificate",
    re.IGNORECASE,
)

# What uv says that the user requires; what it concludes from that is not the user's wish.
_WISH = r"[A-Za-z0-9][^\s,]*(?:,[<>=!~][^\s,]+)*"
_REQUIRED = re.compile(rf"(?<!conclude that )you require ({_WISH}(?: and [A-Za-z0-9][\w.\[\]-]*[=<>!~][^\s,]*)*)")


async def explain(
    failed: UvFailed, specification: Specification, want: Wanted | None, uv: Uv, *, python: Path
) -> EnvironmentProblem:
    """The error to raise for a failed run of uv."""
    text = failed.text
    if re.search(r"No space left on device|os error 28|os error 112", text):
        return EnvironmentProblem(
            t("The disk is full: the environment could not be installed."),
            t("Free some space ('scoredock env prune' removes unused environments) and sync again."),
            details=failed.last_lines(3),
        )
    if re.search(r"Read-only file system|Permission denied|os error (13|30)\b", text):
        return EnvironmentProblem(
            t("A folder that packages are installed from or into cannot be written."),
            t("Make it writable, or set SCOREDOCK_HOME (environments) or UV_CACHE_DIR (downloads) to a folder that is."),
            details=failed.last_lines(3),
        )
    if "hash mismatch" in text.lower():
        return _wrong_hash(text, specification)
    if re.search(r"was not found in the package registry", text):
        return _unknown_package(text, specification)
    if "network was disabled" in text or "was not found in the cache" in text:
        return _offline(text, specification)
    if re.search(r"Failed to build|failed to build|build backend", text, re.IGNORECASE) and not _is_git_trouble(text):
        return _build_failed(text, specification)
    if "No solution found" in text or "unsatisfiable" in text:
        return await _unsolvable(failed, specification, want, uv, python=python)
    if _NETWORK.search(text):
        return _unreachable(text)
    if "Distribution not found at" in text or "does not appear to be a Python project" in text:
        match = re.search(r"Distribution not found at: (?:file://)?(\S+)", text) or re.search(r"`?(\S+?)`? does not appear", text)
        what = match[1].strip("`") if match else ""
        return EnvironmentProblem(
            t("{0} is not a package that can be installed.", what or t("A package")),
            t("Correct the path."),
            place=_place_of(what, specification),
        )
    if "Couldn't parse requirement" in text or "Expected" in text.splitlines()[0]:
        return _unreadable(text, specification)
    return EnvironmentProblem(t("The packages could not be installed."), "", details=failed.last_lines())


def _unknown_package(text: str, specification: Specification) -> EnvironmentProblem:
    match = re.search(r"Because (\S+) was not found in the package registry", text) or re.search(
        r"(\S+) was not found in the package registry", text
    )
    name = match[1] if match else ""
    from scoredock.environment.known_names import did_you_mean

    return EnvironmentProblem(
        t("There is no package '{0}' in the package index.", name or t("A package")),
        did_you_mean(name) or t("Correct its name, or add the index that has it."),
        place=_place_of(name, specification),
    )


def _offline(text: str, specification: Specification) -> EnvironmentProblem:
    names = sorted(
        set(re.findall(r"(?:Because|because|and) (\S+?)(?:==\S+)? (?:was not found in the cache|needs to be downloaded)", text))
    )
    names = names or sorted(set(re.findall(r"(\S+) was not found in the cache", text)))
    return _not_cached(names, specification)


def _not_cached(names: list[str], specification: Specification) -> EnvironmentProblem:
    return EnvironmentProblem(
        t("Offline, and not in the cache: {0}.", ", ".join(names))
        if names
        else t("Offline, and not in the cache: some packages."),
        t("Sync once while online; afterwards offline works."),
        place=_place_of(re.split(r"[=<>!~\[{]", names[0])[0], specification) if names else None,
    )


def _build_failed(text: str, specification: Specification) -> EnvironmentProblem:
    match = re.search(r"(?:Failed to build|Failed to download and build|Failed to prepare distribution.*?)\s+`([^`]+)`", text)
    what = re.sub(r"\s*@ .*", "", match[1]) if match else ""
    # uv shows the backend's whole output between these marks; the reason stands at its end.
    output = re.split(r"\[(?:stdout|stderr)\]", text)[-1]
    output = re.split(r"\n\s*hint: ", output)[0]
    lines = [line.strip() for line in output.strip().splitlines() if line.strip()][-8:]
    return EnvironmentProblem(
        t("There is no ready-made wheel of {0} for this Python and platform, and building it failed.", what or t("A package")),
        t("Pin a version that has a wheel, or install what its build needs."),
        place=_place_of(re.split(r"[=<> ]", what)[0], specification),
        details="\n".join(lines),
    )


async def _unsolvable(
    failed: UvFailed, specification: Specification, want: Wanted | None, uv: Uv, *, python: Path
) -> EnvironmentProblem:
    text = failed.text
    added = want is not None and ADDED_LINE in want.lines and not names_the_server(specification)
    if added and want is not None and SERVER in text and await _solves_without_server(want, uv, python):
        pins = [pin for pin in _sides(text) if not pin.startswith(SERVER)]
        what = (
            t("The file's {0} and the inference server disagree", pins[0])
            if pins
            else t("The file's pins and the inference server disagree")
        )
        return EnvironmentProblem(
            because(what, *_reason(text, SERVER)),
            t("Loosen that pin, or name a server version that goes with it."),
            place=_place_of(re.split(r"[=<>!~\[{; ]", pins[0])[0], specification) if pins else None,
            details=_short(text),
        )
    sides_found = _sides(text)
    no_version = re.search(r"there (?:is|are) no versions? of ([A-Za-z0-9][^\s,]*)", text)
    if no_version and "UV_OFFLINE" in uv.variables:
        return _not_cached([no_version[1]], specification)
    if no_version:
        wanted_text = no_version[1]
        name = re.split(r"[=<>!~\[{]", wanted_text)[0]
        return EnvironmentProblem(
            t("There is no version of {0} that fits '{1}'.", name, wanted_text),
            t("Ask for one that exists."),
            place=_place_of(name, specification),
            details=_short(text),
        )
    wheels = re.search(r"Because (\S+?)==(\S+) has no wheels? with a matching", text)
    if wheels or "Requires-Python" in text or re.search(r"the current Python version \(\S+\) does not satisfy", text):
        return _wrong_python(text, specification)
    what = (
        t("These disagree: {0}", t("{0} and {1}", *sides_found[:2]))
        if len(sides_found) > 1
        else t("The requirements cannot all be met")
    )
    return EnvironmentProblem(
        because(what, *_reason(text, sides_found[0] if sides_found else "")),
        t("Change one of them."),
        place=_place_of(re.split(r"[=<>!~\[{; ]", sides_found[0])[0], specification) if sides_found else None,
        details=_short(text),
    )


def _wrong_python(text: str, specification: Specification) -> EnvironmentProblem:
    match = re.search(r"(?:Because|and) ([A-Za-z0-9][\w.-]*[=<>!~]=?[^\s,]+) (?:has no wheels|depends on Python)", text)
    what = match[1] if match else ""
    named = what or t("A package")
    current = re.search(r"(?:CPython|current Python version \()\s*\(?(\d+\.\d+(?:\.\d+)?)", text)
    return EnvironmentProblem(
        t("{0} does not exist for Python {1}.", named, current[1])
        if current
        else t("{0} does not exist for Python of this version.", named),
        t("Pin a version that does, or another Python."),
        place=_place_of(re.split(r"[=<>!~\[{; ]", what)[0], specification),
        details=_short(text),
    )


async def _solves_without_server(want: Wanted, uv: Uv, python: Path) -> bool:
    lines = "\n".join((*want.option_lines, *(line for line in want.lines if line != ADDED_LINE)))
    try:
        await uv.run(["pip", "compile", "--python", str(python), "--no-python-downloads", *want.arguments, "-"], text=lines)
    except UvFailed:
        return False
    return True


def _sides(text: str) -> list[str]:
    """The user's own wishes that uv names, in its order and without repeats."""
    found: list[str] = []
    joined = re.sub(r"\s*\n\s+", " ", text)
    for match in _REQUIRED.finditer(joined):
        for part in match[1].split(" and "):
            side = part.rstrip(",.")
            if re.search(r"[=<>!~]", side) and side not in found:
                found.append(side)
    return found


def because(what: str, asking: str = "", asked: str = "") -> str:
    """A sentence without its full stop, and with who asks for what where that is known, as one sentence."""
    return f"{what}: {t('{0} needs {1}', asking, asked)}." if asking else f"{what}."


def _reason(text: str, about: str) -> tuple[str, ...]:
    """Who asks for what, so that it cannot be had; empty when uv does not say."""
    joined = re.sub(r"\{[^}]*\}", "", re.sub(r"\s*\n\s+", " ", text))
    name = re.split(r"[=<>!~\[{]", about)[0]
    match = re.search(rf"({re.escape(name)}\S*) depends on ([A-Za-z0-9][^\s]*)", joined) if name else None
    match = match or re.search(r"([A-Za-z0-9][\w.-]*[=<>!~]\S*) depends on ([A-Za-z0-9][^\s]*)", joined)
    return (match[1], match[2].rstrip(",.")) if match else ()


def _unreachable(text: str) -> EnvironmentProblem:
    url = re.search(r"https?://[^\s`')]+", text)
    host = re.sub(r"^https?://(?:[^/@]*@)?([^/]+).*$", r"\1", url[0]) if url else t("the package index")
    if "certificate" in text.lower():
        return EnvironmentProblem(
            t("Nothing could be fetched from {0}: its certificate is not trusted.", host),
            t("Name your company's certificate bundle in SSL_CERT_FILE or in pip's 'cert' setting."),
            details=_short(text),
        )
    return EnvironmentProblem(
        t("Nothing could be fetched from {0}: it cannot be reached.", host),
        t("Check the network, proxy and index settings, or sync offline."),
        details=_short(text),
    )


def _unreadable(text: str, specification: Specification) -> EnvironmentProblem:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    written = next((line for line in lines[1:] if not line.startswith(("cause:", "^", "hint:"))), "")
    place = next((item.place for item in specification.pip if written and written in item.text), None)
    cause = next((line.removeprefix("cause: ") for line in lines if line.startswith("cause:")), "")
    return EnvironmentProblem(
        t("'{0}' is not a requirement that pip can read: {1}.", written, cause)
        if cause
        else t("'{0}' is not a requirement that pip can read.", written),
        t("Correct the line."),
        place=place,
    )


def _wrong_hash(text: str, specification: Specification) -> EnvironmentProblem:
    match = re.search(r"`([A-Za-z0-9][\w.-]*)(==[^`]*)?`", text)
    name = match[1] if match else ""
    return EnvironmentProblem(
        t("{0} does not have the hash that the file gives.", name or t("A package")),
        t("Correct the hash or the version."),
        place=_place_of(name, specification),
        details=_short(text),
    )


def _is_git_trouble(text: str) -> bool:
    return "Git operation failed" in text


def _short(text: str) -> str:
    return "\n".join(text.strip().splitlines()[:12])


def _place_of(name: str, specification: Specification) -> Place | None:
    """The line that asks for a distribution, or that holds a path."""
    from scoredock.environment.requirement_lines import normalised

    items = (*specification.pip, *specification.conda)
    by_name = next((item.place for item in items if item.name == normalised(name)), None)
    return by_name or next((item.place for item in items if name and name in absolute_line(item)), None)
