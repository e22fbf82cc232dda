"""The content key of an environment: two files that ask for the same on the same platform share one environment."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import sys
from functools import cache
from pathlib import Path

from scoredock.environment.requirement_lines import is_path_or_url
from scoredock.environment.values import Requirement, Specification, Strategy

# Raised when the same specification would be installed differently than before.
RECIPE = 1
# What changes in a source folder when somebody builds from it, not when somebody writes in it.
_NOT_SOURCE = {".git", ".hg", ".venv", "venv", "build", "dist", "__pycache__", ".tox", ".mypy_cache", "node_modules"}
_MOST_FILES = 5000


def environment_key(specification: Specification, strategy: Strategy) -> str:
    """Sixteen hex digits. The order of packages, their place, comments, the name and the variables do not matter."""
    content = {
        "recipe": RECIPE,
        "platform": _platform(),
        "strategy": strategy.value,
        "kind": specification.kind,
        "python": _squeezed(specification.python or ""),
        "channels": specification.channels if strategy is Strategy.CONDA else (),
        "conda": sorted(_squeezed(item.text) for item in specification.conda),
        "pip": sorted(_pip_content(item) for item in specification.pip),
        "constraints": sorted(_pip_content(item) for item in specification.constraints),
        "options": list(specification.pip_options),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def absolute_line(requirement: Requirement) -> str:
    """A line of a pip section with its relative path made absolute, as a tool in another folder has to be given it."""
    text = requirement.text
    folder = requirement.folder or Path.cwd()
    editable = re.match(r"(-e)\s+(.*)$", text, re.DOTALL)
    prefix, bare = ("-e ", editable[2]) if editable else ("", text)
    named = re.match(r"(\s*[A-Za-z0-9][\w.-]*\s*(?:\[[^\]]*\])?\s*@\s*)(.*)$", bare, re.DOTALL)
    if named:
        prefix, bare = prefix + named[1], named[2]
    elif not is_path_or_url(bare):
        return text
    local = local_path(bare, folder)
    if local is None:
        return prefix + bare
    path, rest = local
    return f"{prefix}{path.as_uri()}{rest}" if named else f"{prefix}{path}{rest}"


def local_path(text: str, folder: Path) -> tuple[Path, str] | None:
    """The path on this machine that a bare path or ``file:`` URL means, and what follows it (extras, markers, hashes)."""
    match = re.match(r"(?P<path>[^\[;#]*?)(?P<rest>\s*(?:\[|;|#| --).*)?$", text.strip(), re.DOTALL)
    if not match:
        return None
    path = match["path"].strip()
    if path.startswith("file:"):
        from urllib.parse import unquote, urlsplit

        return Path(unquote(urlsplit(path).path)), match["rest"] or ""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", path):
        return None
    return Path(os.path.normpath(folder / Path(path).expanduser())), match["rest"] or ""


def _pip_content(requirement: Requirement) -> str:
    text = _squeezed(requirement.text)
    bare = re.sub(r"^-e\s+", "", requirement.text)
    named = re.match(r"\s*[A-Za-z0-9][\w.-]*\s*(?:\[[^\]]*\])?\s*@\s*(.*)$", bare, re.DOTALL)
    if not named and not is_path_or_url(bare):
        return text
    local = local_path(named[1] if named else bare, requirement.folder or Path.cwd())
    return f"{absolute_line(requirement)} {fingerprint(local[0])}" if local else text


def fingerprint(path: Path) -> str:
    """What tells one state of a local package from another: names, sizes and times, without reading anything."""
    digest = hashlib.sha256()
    try:
        if path.is_file():
            state = path.stat()
            return f"{state.st_size}:{state.st_mtime_ns}"
        count = 0
        for folder, names, files in os.walk(path):
            names[:] = sorted(name for name in names if name not in _NOT_SOURCE and not name.endswith(".egg-info"))
            for name in sorted(files):
                file = os.path.join(folder, name)  # noqa: PTH118 - thousands of these on each look
                state = os.stat(file)  # noqa: PTH116
                digest.update(f"{os.path.relpath(file, path)}:{state.st_size}:{state.st_mtime_ns}\n".encode())
                count += 1
                if count > _MOST_FILES:
                    return digest.hexdigest()
    except OSError:
        return "missing"
    return digest.hexdigest()


def _squeezed(text: str) -> str:
    return re.sub(r"\s*([<>=!~,;@|])\s*", r"\1", re.sub(r"\s+", " ", text.strip()))


@cache
def _platform() -> str:
    libc = "-".join(platform.libc_ver()) if sys.platform == "linux" else ""
    return f"{sys.platform}-{platform.machine()}-{libc}"
