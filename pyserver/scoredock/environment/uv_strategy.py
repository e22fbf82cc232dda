"""Makes an environment with uv alone: a virtual environment on a Python of this machine, packages from the index."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from scoredock.environment.installed import site_packages
from scoredock.environment.integrity import damaged_distributions
from scoredock.environment.key import absolute_line
from scoredock.environment.lock_text import Resolved, parse_lock
from scoredock.environment.requirement_lines import requirement_name
from scoredock.environment.server_package import ADDED_LINE, names_the_server
from scoredock.environment.uv import Uv, UvFailed
from scoredock.environment.uv_problems import explain
from scoredock.environment.values import Requirement, Specification
from scoredock.l10n import t
from scoredock.progress import Progress, Step

# Options of a requirements file that uv reads only from its command line; the rest it reads in the file itself.
_AS_ARGUMENTS = {
    "--pre": ["--prerelease", "allow"],
    "--require-hashes": [],
    "--prefer-binary": [],
    "--process-dependency-links": [],
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to ask uv for: the text of a requirements file (it may hold passwords: it goes to uv's standard input, never
    to disk or into arguments), arguments, and whether hashes are given."""

    lines: tuple[str, ...]
    option_lines: tuple[str, ...]
    arguments: tuple[str, ...]
    constraints: tuple[str, ...]
    hashed: bool

    @property
    def text(self) -> str:
        return "\n".join((*self.option_lines, *self.lines)) + "\n"


def wanted(specification: Specification, pip: tuple[Requirement, ...], python_version: str) -> Wanted:
    """The requirements of a file with what conda or venv puts in every environment, and the server if it is missing."""
    lines = [absolute_line(item) for item in pip]
    named = {item.name for item in pip}
    lines += [seed for seed in seeds(specification, python_version) if seed not in named]
    if not names_the_server(specification):
        lines.append(ADDED_LINE)
    option_lines, arguments = [], []
    for option in specification.pip_options:
        name, _, value = option.partition(" ")
        if name in _AS_ARGUMENTS:
            arguments += _AS_ARGUMENTS[name]
        elif name == "--trusted-host":
            arguments += ["--allow-insecure-host", value]
        elif name != "--use-feature":
            option_lines.append(option)
    return Wanted(
        tuple(lines),
        tuple(option_lines),
        tuple(arguments),
        tuple(absolute_line(item) for item in specification.constraints),
        any("--hash=" in line for line in lines),
    )


def seeds(specification: Specification, python_version: str) -> tuple[str, ...]:
    """Installers that Azure's environment has although no file asks for them, and that scripts and old packages use.

    conda's pip depends on setuptools and wheel for every Python before 3.13; `venv` brings setuptools before 3.12.
    """
    major, minor = (int(part) for part in python_version.split(".")[:2])
    if specification.kind == "conda":
        return ("pip", "setuptools", "wheel") if (major, minor) < (3, 13) else ("pip",)
    return ("pip", "setuptools") if (major, minor) < (3, 12) else ("pip",)


async def resolve(
    want: Wanted,
    specification: Specification,
    uv: Uv,
    progress: Progress,
    *,
    python: Path,
    scratch: Path,
    extra: tuple[str, ...] = (),
    present: Mapping[str, str] | None = None,
) -> tuple[Resolved, ...]:
    """Exact versions for everything asked for; raises EnvironmentProblem that says which wishes disagree.

    ``extra`` are further arguments for the resolver (another platform for an image); ``present`` are versions that are
    installed already and are kept where the wishes allow it.
    """
    progress(Step(t("Resolving packages")))
    arguments = _compile_arguments(want, python, scratch) + list(extra)
    if present:
        # uv prefers what a former output holds; a wish for another version still wins, as it does with pip.
        former = scratch / "present.txt"
        former.write_text("".join(f"{name}=={version}\n" for name, version in present.items()), encoding="utf-8")
        arguments += ["--output-file", str(former)]
    try:
        text = await uv.run([*arguments, "-"], text=want.text, on_line=Listener(progress))
    except UvFailed as failed:
        raise await explain(failed, specification, want, uv, python=python) from None
    return _read_resolution(text, want)


async def resolve_from_cache(want: Wanted, uv: Uv, *, python: Path, scratch: Path) -> tuple[Resolved, ...]:
    """What the index would have answered when it was last asked, without asking it. Raises UvFailed."""
    scratch.mkdir(exist_ok=True)
    text = await uv.run([*_compile_arguments(want, python, scratch), "-"], text=want.text, offline=True)
    return _read_resolution(text, want)


def _compile_arguments(want: Wanted, python: Path, scratch: Path) -> list[str]:
    arguments = ["pip", "compile", "--no-header", "--emit-index-annotation", "--annotation-style", "line"]
    arguments += ["--python", str(python), "--no-python-downloads", "--no-strip-extras", *want.arguments]
    if want.hashed:
        arguments.append("--generate-hashes")
    if want.constraints:
        constraints = scratch / "constraints.txt"
        constraints.write_text("\n".join(want.constraints), encoding="utf-8")
        arguments += ["--constraint", str(constraints)]
    return arguments


def _read_resolution(text: str, want: Wanted) -> tuple[Resolved, ...]:
    return tuple(_with_own_hashes(_readable_via(item), want) for item in parse_lock(text))


async def install(
    resolved: tuple[Resolved, ...], want: Wanted, specification: Specification, uv: Uv, progress: Progress, *, interpreter: Path
) -> None:
    """Install exactly what was resolved; from uv's cache alone when all of it is there, which needs no network at all."""
    text = install_text(resolved, want)
    listen = Listener(progress, total=len(resolved))
    progress(Step(t("Installing packages"), t("{0} packages", len(resolved)), 0, len(resolved)))
    arguments = ["pip", "install", "--no-deps", "--python", str(interpreter), *want.arguments, "-r", "-"]
    try:
        try:
            await uv.run(arguments, text=text, offline=True)
        except UvFailed:
            await uv.run(arguments, text=text, on_line=listen)
        await _replace_damaged(text, site_packages(interpreter.parent.parent), arguments, uv, progress)
    except UvFailed as failed:
        raise await explain(failed, specification, want, uv, python=interpreter) from None


def install_text(resolved: tuple[Resolved, ...], want: Wanted) -> str:
    """The requirements that install exactly what was resolved; paths and URLs as the file has them, passwords included."""
    direct: dict[str | None, str] = {
        item.name: item.line for item in parse_lock("\n".join(want.lines)) if item.version is None and item.name
    }
    lines = [direct.get(item.name, item.line) if item.version is None else item.line for item in resolved]
    return "\n".join((*want.option_lines, *lines)) + "\n"


async def _replace_damaged(text: str, packages: Path, arguments: list[str], uv: Uv, progress: Progress) -> None:
    """Fetch anew what came damaged out of uv's cache. Raises UvFailed."""
    damaged = await asyncio.to_thread(damaged_distributions, packages)
    if not damaged:
        return
    progress(Step(t("Fetching damaged packages again"), ", ".join(damaged)))
    await uv.run(["cache", "clean", *damaged])
    again = [word for name in damaged for word in ("--reinstall-package", name)]
    await uv.run([*arguments, *again], text=text)


async def make_venv(folder: Path, python: Path, prompt: str, specification: Specification, uv: Uv) -> Path:
    """An empty virtual environment in a folder that exists; returns its interpreter."""
    arguments = ["venv", "--quiet", "--allow-existing", "--no-project", "--python", str(python), "--prompt", prompt, str(folder)]
    try:
        await uv.run(arguments)
    except UvFailed as failed:
        raise await explain(failed, specification, None, uv, python=python) from None
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


_UNITS = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


class Listener:
    """Turns what uv says into steps: how many packages were resolved, how much of the download is done."""

    _SAYS = re.compile(
        r"^\s*(Resolved|Downloading|Downloaded|Building|Built|Prepared|Installed)\s+(\S+)(?:.*\(([\d.]+)(KiB|MiB|GiB)\))?"
    )

    def __init__(self, progress: Progress, total: int | None = None) -> None:
        self.progress, self.total = progress, total
        self.sizes: dict[str, int] = {}
        self.done = 0

    def __call__(self, line: str) -> None:
        match = self._SAYS.match(line)
        if not match:
            return
        what, subject, number, unit = match.groups()
        if what == "Resolved":
            self.progress(Step(t("Resolving packages"), t("{0} packages", subject)))
        elif what == "Downloading":
            self.sizes[subject] = int(float(number) * _UNITS[unit]) if number else 0
            self._download(subject)
        elif what == "Downloaded":
            self.done += self.sizes.get(subject, 0)
            self._download(subject)
        elif what in ("Building", "Built"):
            self.progress(Step(t("Building packages"), subject))
        elif what == "Prepared":
            whole = sum(self.sizes.values())
            self.progress(Step(t("Downloading packages"), t("{0} packages", subject), self.done, whole, "bytes"))
        elif what == "Installed":
            whole = self.total or int(subject)
            self.progress(Step(t("Installing packages"), t("{0} packages", subject), int(subject), whole))

    def _download(self, subject: str) -> None:
        everything = sum(self.sizes.values())
        detail = t("{0}, {1} of {2} MB", subject, self.done >> 20, everything >> 20)
        self.progress(Step(t("Downloading packages"), detail, self.done, everything, "bytes"))


def _with_own_hashes(item: Resolved, want: Wanted) -> Resolved:
    """A line's own hashes in the place of those that the resolver took from the index: they are the ones to be held to."""
    given = next((line for line in want.lines if "--hash=" in line and requirement_name(line) == item.name), None)
    if given is None or item.version is None:
        return item
    hashes = re.findall(r"--hash=\S+", given)
    return replace(item, line=" ".join((f"{item.name}=={item.version}", *hashes)))


def _readable_via(item: Resolved) -> Resolved:
    return Resolved(
        item.name, item.version, item.line, item.source, tuple("-r" if via.startswith("-") else via for via in item.via)
    )
