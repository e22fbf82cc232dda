"""The user's own modules that a script imports, and whether Azure's `sys.path` reaches them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from scoredock.contract.facts import Module

if TYPE_CHECKING:
    from scoredock.project.values import Project

# What is imported, read off the lines: the contract parses later, and a text that is being typed may not parse at all.
IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+([^\n#]+)|import[ \t]+([^\n#]+))", re.MULTILINE)
MOST_MODULES = 60
LARGEST = 300_000


def siblings(text: str, script: Path, project: Project | None, overlay: Mapping[Path, str]) -> tuple[Module, ...]:
    """Modules of the shipped code that the script imports, and those that they import in turn."""
    roots = project.import_roots if project is not None else (script.parent,)
    elsewhere: list[Path] = []
    if project is not None:
        for folder in (script.parent, project.code):
            if folder not in roots and folder not in elsewhere:
                elsewhere.append(folder)
    found: dict[str, Module] = {}
    waiting = [text]
    while waiting and len(found) < MOST_MODULES:
        for name in imported(waiting.pop()):
            for module in _modules(name, roots, elsewhere, overlay):
                if module.name not in found and module.path != str(script):
                    found[module.name] = module
                    waiting.append(module.text)
    return tuple(found.values())


def imported(text: str) -> set[str]:
    """Dotted names that a text may import: for `from a import b` both `a` and `a.b`."""
    names: set[str] = set()
    for match in IMPORT.finditer(text):
        module, listed, plain = match.groups()
        if module:
            names.add(module)
            names.update(f"{module}.{word}" for word in re.findall(r"\w+", listed) if word not in ("as",))
        else:
            names.update(part.split()[0] for part in plain.split(",") if part.strip())
    return {name for name in names if not name.startswith(".")}


def _modules(name: str, roots: tuple[Path, ...], elsewhere: list[Path], overlay: Mapping[Path, str]) -> list[Module]:
    parts = name.split(".")
    result: list[Module] = []
    for folders, reachable in ((roots, True), (elsewhere, False)):
        for root in folders:
            for length in range(1, len(parts) + 1):
                place = root.joinpath(*parts[:length])
                file = place.with_suffix(".py")
                if not file.is_file():
                    file = place / "__init__.py"
                if file.is_file():
                    result.append(Module(".".join(parts[:length]), _text(file, overlay), str(file), reachable))
                elif length == 1 and place.is_dir() and any(place.glob("*.py")):
                    result.append(Module(parts[0], "", str(place), reachable))  # a namespace package
            if result:
                return result
    return result


def _text(file: Path, overlay: Mapping[Path, str]) -> str:
    if file in overlay:
        return overlay[file]
    try:
        data = file.read_bytes()
    except OSError:
        return ""
    return data.decode("utf-8", "replace") if len(data) <= LARGEST else ""
