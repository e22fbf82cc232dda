"""The resolved versions of an environment, kept as a requirements file that pip reads too."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from scoredock.environment.requirement_lines import is_path_or_url, normalised, requirement_name, without_credentials


@dataclass(frozen=True, slots=True)
class Resolved:
    """One resolved distribution: the line that installs it, its exact version (``None`` for a path or URL), the index
    it comes from, and what asked for it ("-r" stands for the file itself).

    ``conda`` packages are kept as comments, so that pip can read the rest; their ``source`` is the package's own URL.
    """

    name: str | None
    version: str | None
    line: str
    source: str = ""
    via: tuple[str, ...] = ()
    conda: bool = False


def parse_lock(text: str) -> tuple[Resolved, ...]:
    """Read a lock, or the output of uv's resolver, which has the same form."""
    found: list[Resolved] = []
    line, source = "", ""
    via: tuple[str, ...] = ()
    pending = False
    for raw in (*text.splitlines(), "end"):
        content, asked, askers = raw.partition("# via ")
        content = content.rstrip()
        if content.startswith("# conda "):
            name, version, url = content.removeprefix("# conda ").split(" ", 2)
            found.append(Resolved(name, version, "", url, conda=True))
        elif content.strip().startswith("# from "):
            source = content.strip().removeprefix("# from ")
        elif pending:
            line += " " + content.rstrip("\\").strip()
            pending = content.endswith("\\")
        elif content and not content.strip().startswith("#"):
            if line:
                found.append(_resolved(line, source, via))
            line, source, via = content.rstrip("\\").rstrip(), "", ()
            pending = content.endswith("\\")
        if asked:
            via = tuple(part.strip() for part in askers.split(","))
    return tuple(found)


def write_lock(header: dict[str, str], resolved: tuple[Resolved, ...]) -> str:
    """The text to keep: a few facts in comments, then a line for each distribution. No URL in it carries a password."""
    lines = [f"# {name}: {value}" for name, value in header.items()]
    for item in sorted(resolved, key=lambda item: (not item.conda, (item.name or item.line).lower())):
        lines.append(f"# conda {item.name} {item.version} {item.source}" if item.conda else item.line)
        if item.conda:
            continue
        if item.via:
            lines.append(f"    # via {', '.join(item.via)}")
        if item.source:
            lines.append(f"    # from {item.source}")
    return without_credentials("\n".join(lines) + "\n")


def read_lock(path: Path | None) -> tuple[Resolved, ...]:
    """The lock at a path; empty when there is none."""
    if path is None:
        return ()
    try:
        return parse_lock(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return ()


def _resolved(line: str, source: str, via: tuple[str, ...]) -> Resolved:
    pinned = re.match(r"([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", line)
    if pinned:
        return Resolved(normalised(pinned[1]), pinned[2], line, source, via)
    first = line.splitlines()[0]
    if not source and (at := re.search(r"\s@\s+(\S+)", first)):
        source = at[1]
    elif not source and is_path_or_url(first.removeprefix("-e ")):
        source = first.removeprefix("-e ").strip()
    return Resolved(requirement_name(first), None, line, source, via)
