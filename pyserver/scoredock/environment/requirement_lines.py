"""Lines as pip reads them: requirements, options and includes, from a requirements file or a conda file's pip section."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from scoredock.environment.values import EnvironmentProblem, Requirement
from scoredock.finding import Place
from scoredock.l10n import t

# Options that take a value, by their first spelling; pip's own list of what a requirements file may contain.
_VALUED = {
    "-r": "-r",
    "--requirement": "-r",
    "-c": "-c",
    "--constraint": "-c",
    "-e": "-e",
    "--editable": "-e",
    "-i": "--index-url",
    "--index-url": "--index-url",
    "--pypi-url": "--index-url",
    "--extra-index-url": "--extra-index-url",
    "-f": "--find-links",
    "--find-links": "--find-links",
    "--no-binary": "--no-binary",
    "--only-binary": "--only-binary",
    "--trusted-host": "--trusted-host",
    "--use-feature": "--use-feature",
}
_FLAGS = {"--no-index", "--pre", "--prefer-binary", "--require-hashes", "--process-dependency-links"}
_NAME = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?=$|[\[<>=!~;@(\s])")
_EGG = re.compile(r"[#&]egg=([A-Za-z0-9._-]+)")
_COMMENT = re.compile(r"(^|\s)#.*$")
_WHEEL = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._]*[A-Za-z0-9])?)-[^/\\-]+(?:-[^/\\-]+){3,4}\.whl$")


def normalised(name: str) -> str:
    """A distribution's name as PyPI compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def requirement_name(text: str) -> str | None:
    """The normalised name that a line asks for; ``None`` for a path or URL that does not say."""
    bare = re.sub(r"^(-e|--editable)[\s=]+", "", text.strip())
    egg = _EGG.search(bare)
    if egg:
        return normalised(egg.group(1))
    if is_path_or_url(bare):
        wheel = _WHEEL.search(bare.split("#")[0].split("?")[0])
        return normalised(wheel.group(1)) if wheel else None
    match = _NAME.match(bare)
    return normalised(match.group(1)) if match else None


def is_path_or_url(text: str) -> bool:
    """Whether a line is a bare path or URL, by pip's rules: a scheme, a leading dot, a separator, or an archive's ending."""
    head = text.split(" @ ", maxsplit=1)[0].split(";", maxsplit=1)[0].split(" ", maxsplit=1)[0]
    if "@" in text and _NAME.match(text) and re.match(r"\s*[A-Za-z0-9._-]+\s*(\[[^\]]*\])?\s*@", text):
        return False
    return bool(
        re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", head)
        or head.startswith((".", "/", "\\", "~"))
        or "/" in head.split("[")[0]
        or "\\" in head.split("[")[0]
        or head.endswith((".whl", ".zip", ".tar.gz", ".tar.bz2", ".tgz"))
    )


@dataclass(slots=True)
class PipLines:
    """What a pip section or requirements file asks for, includes followed."""

    requirements: list[Requirement] = field(default_factory=list)
    constraints: list[Requirement] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    read_files: list[Path] = field(default_factory=list)

    def add(self, text: str, place: Place, folder: Path, *, constraint: bool = False) -> None:
        """Take one logical line; comments and empty lines are nothing."""
        text = _COMMENT.sub("", text).strip()
        if not text:
            return
        if not text.startswith("-"):
            into = self.constraints if constraint else self.requirements
            into.append(Requirement(text, requirement_name(text), place, folder))
            return
        option, value = _split_option(text)
        if option in _FLAGS and not value:
            self.options.append(option)
            return
        meaning = _VALUED.get(option)
        if meaning is None or not value:
            raise EnvironmentProblem(
                t("'{0}' is no option that pip reads from a requirements file.", text),
                t("Remove it or write it as pip's documentation of the requirements file format has it."),
                place=place,
            )
        if meaning in ("-r", "-c"):
            self.include(value, place, folder, constraint=constraint or meaning == "-c")
        elif meaning == "-e":
            line = f"-e {value}"
            self.requirements.append(Requirement(line, requirement_name(line), place, folder))
        elif meaning == "--find-links":
            self.options.append(f"--find-links {_absolute(value, folder)}")
        else:
            self.options.append(f"{meaning} {value}")

    def include(self, name: str, place: Place, folder: Path, *, constraint: bool) -> None:
        """Read a file that a line names, relative to the folder of the file that line stands in (as pip does)."""
        if re.match(r"https?:", name):
            raise EnvironmentProblem(
                t("The included file {0} is on the network and is not read.", without_credentials(name)),
                t("Save it beside this file and include that."),
                place=place,
            )
        path = (folder / name.removeprefix("file://")).resolve()
        if path in self.read_files:
            return  # pip reads a file once; two that include each other end here
        self.read_file(path, place, constraint=constraint)

    def read_file(self, path: Path, place: Place | None = None, *, constraint: bool = False, text: str | None = None) -> None:
        """Read a requirements file, or its ``text`` where that is known; ``place`` is the line that asked for it."""
        self.read_files.append(path)
        text = read_text(path, place) if text is None else text
        for line, where in logical_lines(text, path):
            self.add(line, where, path.parent, constraint=constraint)


def read_text(path: Path, place: Place | None = None) -> str:
    """A file's text (UTF-8, with or without a byte order mark), or one sentence why not."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise EnvironmentProblem(t("{0} does not exist.", path), t("Create it or correct the path."), place=place) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else t("it is not UTF-8 text")
        raise EnvironmentProblem(t("{0} cannot be read: {1}.", path, reason), t("Correct the file."), place=place) from None


def logical_lines(text: str, path: Path) -> Iterator[tuple[str, Place]]:
    """Lines with continuations ("\\" at the end) joined, each with the place of its first physical line."""
    pending, first, width = "", 0, 0
    for number, line in enumerate(text.splitlines(), start=1):
        if not pending:
            first, width = number, len(line.rstrip())
        if line.endswith("\\") and not _COMMENT.search(line):
            pending += line[:-1].rstrip() + " "
            continue
        joined = pending + line.strip() if pending else line
        pending = ""
        indent = len(joined) - len(joined.lstrip()) if first == number else 0
        if joined.strip():
            yield joined, Place(path, first, indent + 1, first, width + 1)
    if pending.strip():
        yield pending, Place(path, first, 1, first, width + 1)


def without_credentials(text: str) -> str:
    """A text with the user and password of every URL in it blotted out; for everything that is shown or written."""
    return re.sub(r"(?<=://)[^/\s@'\"`]+@", "****@", text)


def _split_option(text: str) -> tuple[str, str]:
    match = re.match(r"(--?[A-Za-z][A-Za-z-]*)(?:\s*=\s*|\s+|$)(.*)$", text, re.DOTALL)
    if match and (match.group(1) in _VALUED or match.group(1) in _FLAGS or match.group(1).startswith("--")):
        return match.group(1), match.group(2).strip().strip("\"'")
    return text[:2], text[2:].strip().strip("\"'")  # "-rother.txt"


def _absolute(value: str, folder: Path) -> str:
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", value):
        return value
    return str((folder / Path(value).expanduser()).resolve())
