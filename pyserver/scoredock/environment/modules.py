"""Which distribution provides a module: read from an environment's metadata, or from a kept list where it is not synced."""

from __future__ import annotations

import os
import re
from pathlib import Path

from scoredock.environment.requirement_lines import normalised
from scoredock.environment.twins import known_modules

_SUFFIX = re.compile(r"\.(py|pyi|so|pyd)$|\.(cpython-|cp\d|abi3|pypy)[^/]*\.(so|pyd)$")
# Folders beside modules in site-packages that nobody imports.
_NOT_MODULES = {"__pycache__", "bin", "share", "include", "etc", "tests", "test", "docs", "examples", "doc"}


def installed_modules(packages: Path) -> dict[str, tuple[str, ...]]:
    """Import name -> distributions that provide it, for a site-packages folder (6 ms for 145 distributions).

    Where several distributions share a parent package (``azure``, ``google``), the parent is listed with all of them
    and each dotted child with its own: ``azure.identity`` -> ``azure-identity``.
    """
    providers: dict[str, set[str]] = {}
    namespaces: dict[str, set[tuple[str, str]]] = {}
    regular: set[str] = set()
    try:
        names = os.listdir(packages)  # noqa: PTH208 - names are wanted, not paths
    except OSError:
        return {}
    for name in names:
        if not name.endswith(".dist-info"):
            continue
        distribution = normalised(name[: -len(".dist-info")].rpartition("-")[0])
        for parts in _modules_of(packages / name):
            providers.setdefault(parts[0], set()).add(distribution)
            if len(parts) == 1 or parts[1] == "__init__":
                regular.add(parts[0])
            else:
                namespaces.setdefault(parts[0], set()).add((parts[1], distribution))
    for parent, children in namespaces.items():
        if parent in regular:
            continue
        for child, distribution in children:
            providers.setdefault(f"{parent}.{child}", set()).add(distribution)
    return {module: tuple(sorted(found)) for module, found in sorted(providers.items())}


def likely_distributions(module: str) -> tuple[str, ...]:
    """Distributions that provide a module, without an environment to look at: from the kept list, else of the same name.

    The longest dotted name counts: ``azure.storage.blob.aio`` -> ``azure-storage-blob``.
    """
    kept = known_modules()
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        found = kept.get(".".join(parts[:length]))
        if found:
            # A distribution may well be named as the module is, beside those that are listed.
            return found if length > 1 else tuple(dict.fromkeys((*found, normalised(parts[0]))))
    return (normalised(parts[0]),)


def _modules_of(metadata: Path) -> set[tuple[str, ...]]:
    """The first two parts of everything importable that a distribution's RECORD lists; ``("six",)`` for a lone module."""
    found: set[tuple[str, ...]] = set()
    try:
        lines = (metadata / "RECORD").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {(name,) for name in _top_level(metadata)}
    for line in lines:
        path = line.partition(",")[0].strip('"')
        head, slash, rest = path.partition("/")
        if not slash:
            match = _SUFFIX.search(head)
            if match and not head.endswith(".pyi"):
                found.add((head[: match.start()].split(".")[0],))
            continue
        if head in _NOT_MODULES or head in ("..", ".") or head.endswith((".dist-info", ".data", ".libs")) or "-" in head:
            continue
        second, deeper, _ = rest.partition("/")
        match = _SUFFIX.search(second)
        if deeper or match:
            found.add((head, second if deeper else second[: match.start() if match else None].split(".")[0]))
    # An editable installation lists only its own pointer; its names stand in top_level.txt.
    if all(parts[0].startswith("__editable__") for parts in found):
        found |= {(name,) for name in _top_level(metadata)}
    return {parts for parts in found if not parts[0].startswith("__editable__")}


def _top_level(metadata: Path) -> list[str]:
    try:
        return (metadata / "top_level.txt").read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError):
        return []
