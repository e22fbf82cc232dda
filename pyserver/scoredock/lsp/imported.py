"""Which package of the project's environment an import takes, and in which version."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scoredock.checking.gather import Surroundings
from scoredock.l10n import t

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from scoredock.contract.facts import EnvironmentFacts

_IMPORT = re.compile(r"^\s*(?:from\s+(?P<source>[\w.]+)\s+import\b|import\s+(?P<modules>[^#;]+))")
_MODULE = re.compile(r"[A-Za-z_][\w.]*")


def module_at(line: str, column: int) -> str | None:
    """The module whose name an import statement has at that column (0-based); what is imported from it does not count."""
    statement = _IMPORT.match(line)
    if statement is None:
        return None
    begin, end = statement.span("source" if statement["source"] else "modules")
    for name in _MODULE.finditer(line, begin, end):
        if name.start() <= column <= name.end():
            return name[0]
    return None


def packages_of(module: str, script: Path, overlay: Mapping[Path, str]) -> list[str]:
    """One line for each package that brings the module; nothing for modules of the user's own and of Python itself."""
    surroundings = Surroundings(may_run=False, overlay=overlay)
    project = surroundings.project(script)
    environment = surroundings.environment(project) if project is not None else None
    if environment is None:
        return []
    facts = environment.facts
    modules = {**dict(facts.known), **dict(facts.modules)}
    parts = module.split(".")
    longest_first = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    names = next((modules[name] for name in longest_first if name in modules), ())
    return [said for name in names if (said := _said(name, facts))]


def _said(name: str, facts: EnvironmentFacts) -> str:
    wanted = next((item for item in facts.declared or () if item.name == name), None)
    asked = f"{name}{wanted.specifier}" if wanted else ""
    if facts.installed is None:
        return t("**{0}**: the environment file asks for `{1}`; the environment is not synced", name, asked) if asked else ""
    found = next((item for item in facts.installed if item.name == name), None)
    if found is None:
        return ""
    if asked:
        return t("**{0} {1}** in the synced environment; the environment file asks for `{2}`", name, found.installed, asked)
    return t("**{0} {1}** in the synced environment; brought by another package", name, found.installed)
