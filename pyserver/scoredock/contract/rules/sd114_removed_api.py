"""A name that the library of the environment no longer has."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from scoredock.contract.evaluation.values import Reference
from scoredock.contract.import_sites import import_sites
from scoredock.contract.removed import REMOVED, Removed
from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.contract.undefined import is_guarded, reads
from scoredock.contract.versions import newest_allowed, release
from scoredock.finding import Edit, Finding, Fix, Severity
from scoredock.l10n import t

RULE = Rule("SD114", "removed-api")


def check(script: Script) -> Iterator[Finding]:
    if not script.entry.online:
        return
    told: set[str] = set()
    for site in import_sites(script):
        asked = site.module if site.name is None else f"{site.module}.{site.name}"
        gone = _gone(asked) or _gone(site.module)
        if gone is None or gone.name in told:
            continue
        severity = _severity(script, gone)
        if severity is None:
            continue
        told.add(gone.name)
        yield RULE.finding(
            script,
            script.text.place(site.node),
            t("{0}: the import fails, and {1}. Use `{2}`.", _said(gone), site.consequence, gone.instead),
            severity=Severity.WARNING if site.conditional else severity,
            fix=_fix(script, site.node, gone),
        )
    yield from _attributes(script, told)


def _attributes(script: Script, told: set[str]) -> Iterator[Finding]:
    """`np.float(x)`: the attribute of a module that is there."""
    candidates = [(node, scope) for node, scope in script.names.attributes if node.attr in _LAST]
    if not candidates:
        return
    scopes, entry = script.names.scopes, script.entry
    starts = [scopes[one.node] for one in (*(entry.inits or ()), *(entry.runs or ())) if one.node in scopes]
    reached = set(reads(script, [script.names.module, *starts], methods=True))
    for node, scope in candidates:
        name = _dotted(script, node)
        gone = REMOVED.get(name) if name else None
        if gone is None or gone.name in told or scope not in reached or is_guarded(script, node, {"AttributeError", "Exception"}):
            continue
        severity = _severity(script, gone)
        if severity is None:
            continue
        told.add(gone.name)
        yield RULE.finding(
            script,
            script.text.place(node),
            t("{0}: an AttributeError here. Use `{1}`.", _said(gone), gone.instead),
            severity=severity,
            fix=Fix(t("Use `{0}`", gone.instead), (Edit(script.text.place(node), gone.instead),))
            if gone.instead in _PLAIN
            else None,
        )


_LAST = {name.rpartition(".")[2] for name in REMOVED}
_PLAIN = frozenset(("float", "int", "bool", "object", "str", "complex"))


def _dotted(script: Script, node: ast.Attribute) -> str | None:
    """The dotted name of an attribute chain whose root is an imported module."""
    parts: list[str] = []
    inner: ast.expr = node
    while isinstance(inner, ast.Attribute):
        parts.append(inner.attr)
        inner = inner.value
    if not isinstance(inner, ast.Name):
        return None
    root = script.machine.frame.names.get(inner.id)
    return ".".join((root.name, *reversed(parts))) if isinstance(root, Reference) else None


def _gone(name: str) -> Removed | None:
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        found = REMOVED.get(".".join(parts[:length]))
        if found is not None:
            return found
    return None


def _said(gone: Removed) -> str:
    library = "Python" if gone.distribution == "python" else gone.distribution
    return t("`{0}` was removed in {1} {2}", gone.name, library, gone.version)


def _severity(script: Script, gone: Removed) -> Severity | None:
    """Error when the environment has a version without it, nothing when it has one with it, warning when nobody knows."""
    if gone.distribution == "python":
        known = script.facts.target_python
        if known is None:
            # The server itself wants Python 3.9 or later.
            return Severity.ERROR if release(gone.version) <= (3, 9) else Severity.WARNING
        return Severity.ERROR if release(known)[:2] >= release(gone.version) else None
    environment = script.facts.environment
    if environment is None:
        return Severity.WARNING
    for one in (*(environment.installed or ()), *(environment.declared or ())):
        if one.name != gone.distribution:
            continue
        version = one.installed or one.pin
        if version is not None:
            return Severity.ERROR if release(version) >= release(gone.version) else None
        # Without an exact version the newest that is allowed is installed.
        top = newest_allowed(one.specifier)
        return Severity.ERROR if top is None else Severity.WARNING if top > release(gone.version) else None
    return Severity.WARNING


def _fix(script: Script, node: ast.Import | ast.ImportFrom, gone: Removed) -> Fix | None:
    """Write the import that took the place, where it is one and binds the same name."""
    if gone.name != "sklearn.externals.joblib" or len(node.names) != 1:
        return None
    alias = node.names[0]
    if isinstance(node, ast.ImportFrom) and node.module == "sklearn.externals":
        new = "import joblib" + (f" as {alias.asname}" if alias.asname else "")
    elif isinstance(node, ast.ImportFrom):
        new = f"from joblib import {alias.name}" + (f" as {alias.asname}" if alias.asname else "")
    elif alias.asname:
        new = f"import joblib as {alias.asname}"
    else:
        return None
    return Fix(t("Write `{0}`", new), (Edit(script.text.place(node), new),))
