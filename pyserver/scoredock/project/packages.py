"""The packages that a conda file asks for, with their places: as much as findings need, nothing is resolved."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from scoredock.finding import Place
from scoredock.project.marked import Document, Mapping, Scalar, Sequence
from scoredock.project.paths import resolved
from scoredock.project.said import unfilled
from scoredock.project.texts import Texts

_CONDA = re.compile(r"(?:[^\s:]+::)?(?P<name>[A-Za-z0-9_.-]+)\s*(?P<rest>.*)", re.DOTALL)
_PIP = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(?P<rest>[^;#]*)", re.DOTALL)
_EXACT = re.compile(r"={1,3}\s*(?P<version>[0-9][0-9A-Za-z.!+_-]*)(?:=\S*)?")


@dataclass(frozen=True, slots=True)
class Package:
    """One line. ``name`` is normalised (PEP 503) and empty for what has none; ``rest`` is what follows it as written;
    ``pin`` is the exact version where there is one; ``local`` marks what leads to a file of this machine."""

    text: str
    name: str
    kind: Literal["conda", "pip"]
    rest: str = ""
    pin: str | None = None
    place: Place | None = None
    local: bool = False
    known: bool = True  # false: a placeholder or an address, from which anything may come


def packages_of(dependencies: Sequence, document: Document, texts: Texts) -> tuple[Package, ...]:
    found: list[Package] = []
    for item in dependencies:
        if isinstance(item, Scalar) and isinstance(item.value, str):
            found.append(_conda(item))
        elif isinstance(item, Mapping) and isinstance(section := item.get("pip"), Sequence):
            for line in section:
                if isinstance(line, Scalar) and isinstance(line.value, str):
                    found += _pip(line, document, texts)
    return tuple(found)


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _conda(item: Scalar) -> Package:
    match = _CONDA.fullmatch(item.text.strip())
    if unfilled(item) or not match:
        return Package(item.text, "", "conda", place=item.place, known=False)
    rest = match["rest"].strip()
    exact = _EXACT.fullmatch(rest)
    # conda's single '=' takes the version as a beginning: python=3.10 is any 3.10.
    return Package(item.text, normalised(match["name"]), "conda", rest, exact["version"] if exact else None, item.place)


def _pip(item: Scalar, document: Document, texts: Texts) -> list[Package]:
    text = item.text.strip()
    if unfilled(item):
        return [Package(text, "", "pip", place=item.place, known=False)]
    option = re.match(r"(-r|--requirement|-c|--constraint|-e|--editable)(?:\s+|=)(?P<what>.+)", text)
    if option:
        local = "://" not in option["what"] and not option["what"].startswith("git+")
        own = Package(text, "", "pip", place=item.place, local=local, known=option[1] not in ("-e", "--editable"))
        inside = (
            texts.text(resolved(document.path.parent, option["what"].strip()))
            if local and option[1] in ("-r", "--requirement")
            else None
        )
        if inside is None:
            return [Package(text, "", "pip", place=item.place, local=local, known=option[1] in ("-c", "--constraint"))]
        return [own, *(_requirement(line.strip(), None) for line in inside.splitlines() if re.match(r"\s*[A-Za-z0-9]", line))]
    if text.startswith("-"):
        return []
    return [_requirement(text, item.place)]


def _requirement(text: str, place: Place | None) -> Package:
    if re.match(r"\.{0,2}/|file:", text) or text.endswith(".whl"):
        return Package(text, "", "pip", place=place, local="://" not in text or text.startswith("file:"), known=False)
    match = _PIP.match(text)
    if not match or "://" in text.partition("@")[0]:
        return Package(text, "", "pip", place=place, known=False)
    rest = match["rest"].strip()
    exact = re.fullmatch(r"={2,3}\s*(?P<version>[0-9][0-9A-Za-z.!+_-]*)", rest)
    return Package(text, normalised(match["name"]), "pip", rest, exact["version"] if exact else None, place)
