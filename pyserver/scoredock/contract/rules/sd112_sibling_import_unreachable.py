"""A module beside the script that Azure's `sys.path` does not reach."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from scoredock.contract.import_sites import ImportSite, import_sites
from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.finding import Edit, Finding, Fix, Place, Severity
from scoredock.l10n import t

RULE = Rule("SD112", "sibling-import-unreachable")


def check(script: Script) -> Iterator[Finding]:
    if not script.entry.online:
        return
    siblings = {sibling.name: sibling for sibling in script.facts.siblings or ()}
    told: set[ast.AST] = set()
    for site in import_sites(script):
        if site.node in told:
            continue
        if site.module.startswith("."):
            told.add(site.node)
            yield RULE.finding(
                script,
                script.text.place(site.node),
                t(
                    "The server imports the script by its path, outside of any package, and a relative import fails: "
                    "{0}. "
                    "Import by the module's name.",
                    site.consequence,
                ),
                severity=Severity.WARNING if site.conditional else Severity.ERROR,
                fix=_absolute(script, site),
            )
            continue
        sibling = siblings.get(site.module) or siblings.get(site.module.split(".")[0])
        if sibling is None or sibling.reachable:
            continue
        told.add(site.node)
        yield RULE.finding(
            script,
            script.text.place(site.node),
            t(
                "`{0}` lies at {1}, which is not on the server's `sys.path` (the script's own folder is "
                "only there "
                "when it is the app root): {2}. Move it beside the script, or import it by its path from the "
                "code folder.",
                site.module,
                sibling.path,
                site.consequence,
            ),
            severity=Severity.WARNING if site.conditional else Severity.ERROR,
        )


def _absolute(script: Script, site: ImportSite) -> Fix | None:
    """`from .helper import x` -> `from helper import x`."""
    node = site.node
    if not isinstance(node, ast.ImportFrom) or node.level != 1:
        return None
    line = script.text.lines[node.lineno - 1]
    dot = line.find(".", script.text.column(node.lineno, node.col_offset) - 1)
    if dot < 0 or "import" in line[script.text.column(node.lineno, node.col_offset) : dot]:
        return None
    if node.module is None:
        names = ", ".join(alias.name + (f" as {alias.asname}" if alias.asname else "") for alias in node.names)
        return Fix(t("Import by name"), (Edit(script.text.place(node), f"import {names}"),))
    return Fix(t("Import by name"), (Edit(Place(script.path, node.lineno, dot + 1, node.lineno, dot + 2), ""),))
