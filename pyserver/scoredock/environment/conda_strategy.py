"""Makes the conda part of an environment: py-rattler solves and installs it, in a child process."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

from scoredock.environment.conda_file import conda_name
from scoredock.environment.lock_text import Resolved
from scoredock.environment.requirement_lines import without_credentials
from scoredock.environment.tools import python_with_rattler
from scoredock.environment.uv import Uv, UvFailed, run_child
from scoredock.environment.uv_problems import because
from scoredock.environment.values import EnvironmentProblem, Note, Specification
from scoredock.folders import cache_folder
from scoredock.l10n import deferred, t
from scoredock.progress import Progress, Step

_CHILD = Path(__file__).with_name("rattler_child.py")
_ALIAS = "https://conda.anaconda.org/"
# What conda itself understands by "defaults".
_DEFAULTS = ("https://repo.anaconda.com/pkgs/main", "https://repo.anaconda.com/pkgs/r")


class NoConda(Exception):
    """Conda packages cannot be had here and now; ``reason`` is half a sentence. Their PyPI twins may do."""

    def __init__(self, reason: Note, details: str = "") -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.details = details


@dataclass(frozen=True, slots=True)
class Condarc:
    """What a user's .condarc says of channels: the alias before bare names, and what "defaults" and own names mean."""

    alias: str = _ALIAS
    defaults: tuple[str, ...] = _DEFAULTS
    custom: tuple[tuple[str, str], ...] = ()


async def install_conda(
    specification: Specification, prefix: Path, locked: tuple[Resolved, ...], uv: Uv, progress: Progress, *, offline: bool
) -> tuple[Resolved, ...]:
    """Solve and install the conda packages, Python among them, into a prefix; what was installed, as lock lines.

    ``locked`` are the conda packages of an earlier resolution, to be had again exactly. Raises NoConda where rattler
    or a channel cannot be reached, EnvironmentProblem for what the user has to change.
    """
    try:
        python = await python_with_rattler(uv, progress)
    except UvFailed as failed:
        reason = Note(deferred("py-rattler, which installs conda packages, could not be fetched"))
        raise NoConda(reason, failed.last_lines(4)) from None
    job = {
        "channels": channels(specification, read_condarc()),
        "alias": read_condarc().alias,
        "specs": [f"{item.name}=={item.version}" for item in locked] or wanted_specs(specification),
        "prefix": str(prefix),
        "cache": str(cache_folder().resolve() / "conda"),
        "offline": offline,
    }
    progress(Step(t("Solving conda packages")))
    answer = await _ask(python, job, uv, progress)
    if "error" in answer:
        raise _problem(answer, specification)
    return tuple(
        Resolved(record["name"], record["version"], "", without_credentials(f"{record['url']}#{record['md5']}"), conda=True)
        for record in answer["records"]
    )


def wanted_specs(specification: Specification) -> list[str]:
    """The match specs to solve for: the file's own, Python, and pip where the file has it."""
    python = specification.python
    specs = ["python" if python is None else f"python{python}" if python[:1] in "=<>!~[" else f"python {python}"]
    specs += [item.text for item in specification.conda]
    if specification.has_pip and not any(item.name == "pip" for item in specification.conda):
        specs.append("pip")
    return specs


def channels(specification: Specification, condarc: Condarc) -> list[str]:
    """The channels of a file as URLs or names that rattler resolves, in the file's order."""
    named = [name for item in specification.conda if (name := _channel_of(item.text))]
    result: list[str] = []
    for name in (*specification.channels, *named) if specification.channels or named else ("conda-forge",):
        if name == "nodefaults":
            continue
        found = condarc.defaults if name == "defaults" else (dict(condarc.custom).get(name.split("/")[0], ""),)
        for url in found:
            channel = f"{url.rstrip('/')}/{name}" if url and name != "defaults" else url or name
            if channel not in result:
                result.append(channel)
    return result


def read_condarc(host: Mapping[str, str] | None = None) -> Condarc:
    """The user's .condarc, for mirrors of a company; what cannot be read is passed over."""
    import yaml

    host = os.environ if host is None else host
    home = Path(host.get("HOME") or host.get("USERPROFILE") or Path.home())
    found = Condarc()
    for path in (Path("/etc/conda/.condarc"), Path(host.get("CONDARC") or home / ".condarc")):
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError):
            continue
        if not isinstance(content, dict):
            continue
        custom = content.get("custom_channels")
        defaults = content.get("default_channels")
        found = Condarc(
            f"{str(content.get('channel_alias') or found.alias).rstrip('/')}/",
            tuple(map(str, defaults)) if isinstance(defaults, list) else found.defaults,
            tuple((str(key), str(value)) for key, value in custom.items()) if isinstance(custom, dict) else found.custom,
        )
    return found


async def _ask(python: Path, job: dict[str, Any], uv: Uv, progress: Progress) -> dict[str, Any]:
    variables = {name: value for name, value in uv.variables.items() if not name.startswith("PYTHON")}
    code, out, said = await run_child(
        # The prefix stands in the command line for whoever looks for what a killed sync has left running.
        [str(python), "-I", str(_CHILD), job["prefix"]],
        text=json.dumps(job),
        folder=uv.folder,
        variables=variables,
        on_out=lambda line: _hear(line, progress),
    )
    messages = [message for line in out.splitlines() if (message := _message(line))]
    for message in reversed(messages):
        if "records" in message or "error" in message:
            answer: dict[str, Any] = message
            return answer
    return {"error": "crashed", "text": said.strip().splitlines()[-1] if said.strip() else f"it ended with {code}"}


def _message(line: str) -> dict[str, Any] | None:
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None


def _hear(line: str, progress: Progress) -> None:
    message = _message(line)
    if message and "step" in message:
        progress(_step(message))


def _step(message: dict[str, Any]) -> Step:
    if message["step"] == "download":
        return Step(t("Downloading packages"), "", message["done"], message["total"], "bytes")
    if message["step"] == "install":
        return Step(t("Installing packages"), "", message["done"], message["total"])
    count = message["count"]
    return Step(t("Solving conda packages"), t("{0} packages", count) if message["solved"] else t("{0} wanted", count))


def _problem(answer: dict[str, Any], specification: Specification) -> Exception:
    text = without_credentials(answer["text"])
    kind = answer["error"]
    if kind == "unreachable":
        url = re.search(r"(?:https?|file)://[^\s)'`]+", text)
        if url is None:
            return NoConda(Note(deferred("the channel cannot be reached")), text)
        return NoConda(Note(deferred("the channel {0} cannot be reached"), (_channel_name(url[0]),)), text)
    if kind == "crashed":
        return NoConda(Note(deferred("py-rattler, which installs conda packages, does not run here")), text)
    if kind == "install":
        if re.search(r"No space left|os error 28", text):
            return EnvironmentProblem(
                t("The disk is full: the conda packages could not be installed."),
                t("Free some space ('scoredock env prune' removes unused environments) and sync again."),
            )
        if re.search(r"error sending request|dns error|timed out", text):
            return NoConda(Note(deferred("a conda package could not be downloaded")), text)
        return EnvironmentProblem(t("The conda packages could not be installed."), "", details=text)
    missing = re.search(r"No candidates were found for (\S+)", text) or re.search(r"(\S+) [^,]*, for which no candidates", text)
    if missing and "would require" not in text:
        from scoredock.environment.known_names import did_you_mean

        name = missing[1]
        item = next((item for item in specification.conda if conda_name(item.text)[0] == name), None)
        wish = item.text if item else name
        return EnvironmentProblem(
            t("No channel of the file has '{0}'.", wish),
            did_you_mean(name) or t("Correct the name or the version, or add its channel."),
            place=item.place if item else specification.python_place if name == "python" else None,
            details=text,
        )
    tops = re.findall(r"^[├└]─ (\S+) (\S+)", text, re.MULTILINE) or re.findall(r"because of: (\S+) (\S+)", text)
    items = [next((item for item in specification.conda if conda_name(item.text)[0] == name), None) for name, _ in tops]
    sides = [item.text for item in items if item] or [" ".join(top) for top in tops]
    inner = re.search(r"would require\n\s*[│ ]*└─ ([^,\n]+)", text)
    named = conda_name(inner[1])[0] if inner else ""
    other = next((item.text for item in specification.conda if conda_name(item.text)[0] == named), "")
    if other and other not in sides:
        sides.append(other)
    reason = (sides[0], inner[1].strip()) if inner and sides else ()
    what = (
        t("These disagree: {0}", reduce(lambda some, last: t("{0} and {1}", some, last), dict.fromkeys(sides)))
        if len(set(sides)) > 1
        else t("The conda packages cannot all be had together")
    )
    place = next((item.place for item in items if item), None)
    return EnvironmentProblem(
        because(what, *reason),
        t("Change one of them."),
        place=place,
        details=text,
    )


def _channel_of(text: str) -> str:
    match = re.match(r"\s*([^\s:]+)::", text)
    return match[1].split("/linux-64")[0].split("/noarch")[0] if match else ""


def _channel_name(url: str) -> str:
    return re.sub(r"/(noarch|linux-64|linux-aarch64|osx-64|osx-arm64|win-64)/.*$", "", url).rstrip("/")


def python_of(prefix: Path) -> Path:
    """The interpreter of a conda prefix."""
    return prefix / ("python.exe" if sys.platform == "win32" else "bin/python")


def unrun_scripts(prefix: Path) -> tuple[str, ...]:
    """Packages that bring a script for after their installation. Such scripts are any code at all, and few packages have one,
    so none is run; whoever made the environment says so."""
    files = prefix.glob("Scripts/.*-post-link.bat" if sys.platform == "win32" else "bin/.*-post-link.sh")
    return tuple(sorted(file.name.removeprefix(".").rpartition("-post-link")[0] for file in files))
