"""What the contract may know beside the script's text. Gathered by `checking/`, given as plain values, so that rules stay pure.

Every field may be ``None``: not known. A rule that needs a fact it does not have says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath

from scoredock.finding import Insertion, Severity


class Role(str, Enum):
    """What the script is to its project."""

    ENTRY_SCRIPT = "entry-script"  # a deployment file names it
    UNKNOWN = "unknown"  # nobody names it: the rules decide by its shape


@dataclass(frozen=True, slots=True)
class SyntaxVerdict:
    """What the environment's own Python said of the text; ``message`` is ``None`` when it compiles."""

    message: str | None
    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 1


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the user's beside the script: its dotted name, its text, and whether Azure's ``sys.path`` reaches it."""

    name: str
    text: str
    path: str
    reachable: bool


@dataclass(frozen=True, slots=True)
class Distribution:
    """A package of the environment. ``pin`` is its exact version where the file gives one; ``installed`` what the
    synced environment has. Names are normalised as PyPI does (PEP 503)."""

    name: str
    pin: str | None = None
    specifier: str = ""
    installed: str | None = None


@dataclass(frozen=True, slots=True)
class EnvironmentFacts:
    """The environment the script will run in.

    ``python`` is "3.11" or "3.11.7". ``declared`` are the file's packages; ``installed`` all of the synced
    environment's (``None``: not synced). ``modules`` maps an import name to the distributions that provide it.
    ``complete`` is false when something could not be read (a base image that brings packages, an unreadable include):
    absence then proves nothing. ``known`` maps an import name to the distributions that are known to provide it, whether
    the environment has them or not; ``package_line`` is where its file takes another package.
    """

    python: str | None = None
    declared: tuple[Distribution, ...] | None = None
    installed: tuple[Distribution, ...] | None = None
    modules: tuple[tuple[str, tuple[str, ...]], ...] = ()
    complete: bool = False
    known: tuple[tuple[str, tuple[str, ...]], ...] = ()
    package_line: Insertion | None = None


@dataclass(frozen=True, slots=True)
class ModelRemark:
    """What a model file gives cause to say to whoever loads it: ``path`` is below ``AZUREML_MODEL_DIR``."""

    path: PurePosixPath
    code: str
    name: str
    severity: Severity
    message: str


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What the service will find under ``AZUREML_MODEL_DIR``: every path below it (files and folders), and what the model
    files say of themselves. ``made_with``: distribution -> the one version that they were saved with."""

    tree: frozenset[PurePosixPath] | None = None
    remarks: tuple[ModelRemark, ...] = ()
    made_with: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known around one script."""

    role: Role = Role.UNKNOWN
    target_python: str | None = None  # version of the environment's Python, as "3.11"
    syntax: SyntaxVerdict | None = None  # None: the environment's Python was not asked
    siblings: tuple[Module, ...] | None = None
    environment: EnvironmentFacts | None = None
    models: ModelFacts | None = None
