"""Conda packages and their twins on PyPI: for channels that cannot be reached, and for whoever prefers wheels.

The names come from the mapping inside the MIT-licensed `conda-pypi` 0.13.1, cut down to what differs, with additions
of our own (`kept/names.json`, `kept/LICENSE.conda-pypi`). A name that is not listed is the same in both worlds.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from scoredock.environment.conda_file import conda_name
from scoredock.environment.conda_versions import as_pep440, version_and_build
from scoredock.environment.requirement_lines import normalised
from scoredock.environment.values import Note, Requirement, Specification
from scoredock.l10n import deferred

# Libraries, compilers and runtimes of other languages: conda packages them, PyPI does not.
_NO_TWIN = re.compile(r"^(_|r-|lib(?!rosa|sass|tmux|cst|linear)|cuda|xorg-|m2-|msys2-|perl-|gcc|gxx|vs20|ld_impl|sysroot)")


@dataclass(frozen=True, slots=True)
class Mapped:
    """Conda packages as pip requirements, those without a twin, and a sentence for each thing that differs from Azure's."""

    pip: tuple[Requirement, ...]
    left_out: tuple[Requirement, ...]
    notes: tuple[Note, ...]


def twin_of(name: str) -> str | None:
    """The distribution on PyPI that a conda package's name stands for; ``None`` when only conda has it."""
    names = _names()
    if name in names["only_conda"] or (_NO_TWIN.match(name) and name not in names["twins"]):
        return None
    return str(names["twins"].get(name, normalised(name)))


def with_twins(specification: Specification) -> Mapped:
    """Put PyPI twins in the place of conda packages; where the pip section names the same package, that line counts."""
    named = {item.name for item in specification.pip}
    pip: list[Requirement] = []
    left_out: list[Requirement] = []
    loosened: list[str] = []
    for item in specification.conda:
        name, rest = conda_name(item.text)
        twin = twin_of(name)
        if twin is None:
            left_out.append(item)
            continue
        if twin in named:
            continue
        specifier = as_pep440(rest)
        if specifier is None or version_and_build(rest)[1]:
            loosened.append(item.text)
        pip.append(replace(item, text=f"{twin}{specifier or ''}", name=twin))
        named.add(twin)
    notes = []
    if pip:
        taken = _listed([item.text for item in pip])
        notes.append(Note(deferred("Taken from PyPI, while Azure takes conda's own builds: {0}."), (taken,)))
    if left_out:
        names = _listed([conda_name(item.text)[0] for item in left_out])
        notes.append(Note(deferred("Only conda has {0}: left out here."), (names,)))
    if loosened:
        said = deferred("{0} ask for a build or a choice of versions that only conda understands; it is left open here.")
        notes.append(Note(said, (_listed(loosened),)))
    return Mapped(tuple(pip), tuple(left_out), tuple(notes))


@cache
def known_distributions() -> tuple[str, ...]:
    """Names of distributions that are widely used, normalised."""
    return tuple(_names()["known"])


def known_modules() -> dict[str, tuple[str, ...]]:
    """Import name -> distributions that provide it, where the two names differ; dotted for packages that share a parent."""
    return {name: tuple(distributions) for name, distributions in _names()["modules"].items()}


def _listed(items: list[str]) -> str | Note:
    if len(items) == 1:
        return items[0]
    if len(items) > 4:
        return Note(deferred("{0} and {1} more"), (", ".join(items[:3]), str(len(items) - 3)))
    return Note(deferred("{0} and {1}"), (", ".join(items[:-1]), items[-1]))


@cache
def _names() -> dict[str, Any]:
    text = (Path(__file__).parent / "kept" / "names.json").read_text(encoding="utf-8")
    return {key: frozenset(value) if key == "only_conda" else value for key, value in json.loads(text).items()}
