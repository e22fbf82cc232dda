"""What goes into the image of an environment and comes out as its recipe."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class BaseImage:
    """What an image brings: ``digest`` its identity, ``python`` the version of the ``python_path`` inside it, ``server``
    the version of the inference server in that Python, and ``conda`` the path of a conda executable; each ``None`` when
    it has none; ``user`` is who its commands run as where that is not root. The caller asks the image."""

    reference: str
    digest: str = ""
    python: str | None = None
    python_path: str = "python3"
    conda: str | None = None
    server: str | None = None
    user: str = ""


@dataclass(frozen=True, slots=True)
class EarlierImage:
    """An image of ours that is on the engine: what it can be named by, and its labels."""

    reference: str
    labels: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class HostBuild:
    """What the host lends to a build: a Linux uv binary, its index settings (variables of uv), certificates, proxies.

    ``index`` may hold passwords: it is never shown and only ever becomes a build secret.
    """

    uv: Path | None = None
    index: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    certificates: str = field(default="", repr=False)
    proxies: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Layer:
    """What a builder has to write instructions for: the environment of Python ``minor`` upon ``base``, or upon an image ``below``
    that has most of it. ``conda``: whether there are conda packages; ``channels``: where the file says that conda takes a Python
    from; ``index``: the settings of the host's that hold inside of a build as well."""

    base: BaseImage
    below: EarlierImage | None
    minor: str
    conda: bool
    channels: tuple[str, ...]
    host: HostBuild
    index: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ContextFile:
    """A file or folder of the build context: written from ``text``, or copied from ``source`` on this machine."""

    name: str
    text: str | None = None
    source: Path | None = None


@dataclass(frozen=True, slots=True)
class Secret:
    """A build secret: `docker build --secret id=ID,src=…`; its text must not be logged or kept."""

    id: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that a build needs. ``interpreter`` is the path inside the image; ``arguments`` are Docker's predefined proxy
    arguments, which its history leaves out; ``notes`` say what differs from Azure's, a sentence each."""

    dockerfile: str
    files: tuple[ContextFile, ...]
    secrets: tuple[Secret, ...]
    arguments: tuple[tuple[str, str], ...]
    key: str
    tag: str
    interpreter: str
    notes: tuple[str, ...] = ()
