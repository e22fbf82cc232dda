"""What an environment is on the way from a file to an interpreter that is ready."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Literal

from scoredock.errors import ScoredockError
from scoredock.finding import Place
from scoredock.l10n import t


class EnvironmentProblem(ScoredockError):
    """The environment cannot be read, resolved or installed."""


class Strategy(str, Enum):
    """How an environment is made; said aloud when it is."""

    UV = "uv"  # python and pip packages only
    CONDA = "conda"  # conda packages solved and installed by rattler, then pip packages by uv
    MAPPED = "mapped"  # conda packages replaced by their PyPI twins
    OWN = "own"  # the user's interpreter as it is


@dataclass(frozen=True, slots=True)
class Requirement:
    """One line of an environment file: its text as written, its place, and the normalised name (None for a path or URL).

    ``folder`` is what relative paths in the text are relative to: the folder of the file the line stands in.
    """

    text: str
    name: str | None
    place: Place | None = None
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Specification:
    """An environment file as read: what is wanted, in the file's order, with nothing resolved.

    ``kind`` says which tool the file is written for: a conda environment has pip, setuptools and wheel inside whether
    the file says so or not, a plain requirements file does not; ``none`` stands for a project without any such file.
    ``pip`` holds the lines of included files (``-r``) too, each with its own place; ``read_files`` names every file
    that was read, so that a watcher knows what to watch.
    """

    path: Path
    name: str | None = None
    python: str | None = None  # the python requirement as written after "python": "=3.11", ">=3.10,<3.12"
    channels: tuple[str, ...] = ()
    conda: tuple[Requirement, ...] = ()  # conda packages other than python and pip
    pip: tuple[Requirement, ...] = ()
    pip_options: tuple[str, ...] = ()  # "--extra-index-url …", "--find-links …" as written
    variables: tuple[tuple[str, str], ...] = ()
    has_pip: bool = False  # "pip" is among the conda packages
    kind: Literal["conda", "requirements", "none"] = "conda"
    python_place: Place | None = None
    constraints: tuple[Requirement, ...] = ()  # lines of "-c" files: versions allowed, not packages wanted
    read_files: tuple[Path, ...] = ()
    interpreter: str | None = None  # SDK v1's user-managed environments name one, and list no packages


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence that is kept on disk, and read by the editor in one language and on the command line in another: its English
    text and its values, which may be such texts too. ``str`` says it; ``opens`` marks a part that begins a sentence."""

    text: str
    values: tuple[str | Note, ...] = ()
    opens: bool = False

    def __str__(self) -> str:
        said = t(self.text, *self.values)
        return f"{said[:1].upper()}{said[1:]}" if self.opens else said


@dataclass(frozen=True, slots=True)
class ServerPackage:
    """The inference server of an environment: its version, and whether Scoredock added it because the file lacks it."""

    version: str
    added: bool


@dataclass(frozen=True, slots=True)
class ReadyEnvironment:
    """An environment on disk that is complete.

    ``key`` is the content key (specification, platform, Python); ``prefix`` its folder; ``interpreter`` its Python;
    ``lock`` the resolved versions kept beside it.
    """

    key: str
    prefix: Path
    interpreter: Path
    python_version: str
    strategy: Strategy
    server: ServerPackage | None
    lock: Path | None = None
    variables: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()  # what differs from Azure's, one sentence each
    fresh: bool = False  # made by this call, not found
