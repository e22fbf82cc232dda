"""An import of a module that the environment does not have."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from scoredock.contract.brought import KNOWN, brought
from scoredock.contract.evaluation.library import AML_REQUEST, AML_RESPONSE
from scoredock.contract.facts import EnvironmentFacts
from scoredock.contract.import_sites import ImportSite, import_sites
from scoredock.contract.removed import REMOVED
from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.finding import Edit, Finding, Fix, Severity
from scoredock.l10n import t

RULE = Rule("SD113", "module-not-in-environment")

# What the server itself brings, whether the environment names it or not.
OWN = frozenset(("__future__", *(gone.name for gone in REMOVED.values() if gone.distribution == "python")))
SERVER = "azureml-inference-server-http"


# The two modules that the server answers for itself, with all that can be imported from them.
SERVED = {module: frozenset(("rawhttp", "AMLRequest", "Request", "*")) for module in AML_REQUEST} | {
    module: frozenset(("AMLResponse", "Response", "json", "*")) for module in AML_RESPONSE
}
HOME = {"rawhttp": AML_REQUEST[0], "AMLRequest": AML_REQUEST[0], "AMLResponse": AML_RESPONSE[0]}


def check(script: Script) -> Iterator[Finding]:
    if not script.entry.online:
        return
    own = {sibling.name.split(".")[0] for sibling in script.facts.siblings or ()}
    environment = script.facts.environment
    told: set[str] = set()
    for site in import_sites(script):
        root = site.module.split(".")[0]
        if site.module.startswith(".") or root in own or root in sys.stdlib_module_names or root in told or root in OWN:
            continue
        if site.module in SERVED:
            if site.name is not None and site.name not in SERVED[site.module]:
                yield _not_served(script, site)
            continue
        if site.module.startswith("azureml.contrib.services") or (site.module, site.name) == ("azureml.contrib", "services"):
            finding = _contrib(script, site, environment)
            if finding is not None:
                yield finding
            continue
        if environment is None:
            continue
        severity = _missing(site, environment)
        if severity is None:
            continue
        told.add(root)
        if site.conditional:
            severity = Severity.WARNING
        candidates = _providers(site.module, (*environment.known, *environment.modules)) or _same_name(root)
        if environment.complete:
            lacks = t("The environment has no package that provides `{0}`: {1}.", site.module, site.consequence)
        else:
            lacks = t("The environment does not ask for any package that provides `{0}`: {1}.", site.module, site.consequence)
        yield RULE.finding(
            script,
            script.text.place(site.alias if hasattr(site.alias, "lineno") and isinstance(site.node, ast.Import) else site.node),
            f"{lacks} {_wanted(candidates)}",
            severity=severity,
            fix=_added(script, candidates[0], environment) if candidates else None,
        )


def _wanted(candidates: tuple[str, ...]) -> str:
    if not candidates:
        return t("Add the one that does, or ship the module with the script.")
    first, *others = (f"`{name}`" for name in candidates[:4])
    return t("Add {0} (or {1}) to it.", first, ", ".join(others)) if others else t("Add {0} to it.", first)


def _added(script: Script, distribution: str, environment: EnvironmentFacts) -> Fix | None:
    """Add the package to the environment's file: in the version that is installed, else in that which the model was saved
    with, else in whichever the resolver finds."""
    if environment.package_line is None:
        return None
    installed = {one.name: one.installed for one in environment.installed or ()}
    made_with = dict(script.facts.models.made_with) if script.facts.models is not None else {}
    version = installed.get(distribution) or made_with.get(distribution)
    line = f"{distribution}=={version}" if version else distribution
    return Fix(t("Add `{0}` to {1}", line, environment.package_line.place.path.name), (environment.package_line.edit(line),))


def _contrib(script: Script, site: ImportSite, environment: EnvironmentFacts | None) -> Finding | None:
    """Only `from azureml.contrib.services.aml_request import …` is answered by the server; every other spelling wants a
    package that few environments have."""
    names = {one.name for one in (*(environment.declared or ()), *(environment.installed or ()))} if environment else set()
    if "azureml-contrib-services" in names:
        return None
    fix = _from_home(script, site.node)
    return RULE.finding(
        script,
        script.text.place(site.node),
        t(
            "The server answers for `azureml.contrib.services.aml_request` and `.aml_response` only when names are imported "
            "from them; "
            "this spelling needs the package azureml-contrib-services: without it, {0}. Import the names from there.",
            site.consequence,
        ),
        severity=Severity.ERROR if environment is not None and not site.conditional else Severity.WARNING,
        fix=fix,
    )


def _not_served(script: Script, site: ImportSite) -> Finding:
    """`AMLResponse` from the request's module, and the other way round."""
    said = t("The server's `{0}` has no `{1}`: the import fails, and {2}.", site.module, site.name, site.consequence)
    home = t("It is in `{0}`.", HOME[site.name]) if site.name in HOME else ""
    return RULE.finding(
        script,
        script.text.place(site.node),
        f"{said} {home}".rstrip(),
        severity=Severity.WARNING if site.conditional else Severity.ERROR,
        fix=_from_home(script, site.node),
    )


def _from_home(script: Script, node: ast.Import | ast.ImportFrom) -> Fix | None:
    if not isinstance(node, ast.ImportFrom) or not all(alias.name in HOME for alias in node.names):
        return None
    end = script.text.newline + script.text.indent(node.lineno)
    lines = [f"from {HOME[one.name]} import {one.name}" + (f" as {one.asname}" if one.asname else "") for one in node.names]
    return Fix(t("Import from where the server has it"), (Edit(script.text.place(node), end.join(lines)),))


def _providers(module: str, modules: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[str, ...]:
    """Distributions that provide a module, by its longest known dotted name; none when nothing is known."""
    table = dict(modules)
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        found = table.get(".".join(parts[:length]))
        if found:
            return found
    return ()


def _same_name(root: str) -> tuple[str, ...]:
    name = root.replace("_", "-").lower()
    return (name,) if name in KNOWN else ()


def _missing(site: ImportSite, environment: EnvironmentFacts) -> Severity | None:
    """How sure it is that the module is not there; ``None`` when it is, or may well be."""
    root = site.module.split(".")[0]
    found = _providers(site.module, environment.modules)
    if environment.complete and environment.installed is not None:
        provided = {name.split(".")[0] for name, _ in environment.modules}
        return None if found or root in provided else Severity.ERROR
    if environment.declared is None:
        return None
    declared = {one.name for one in environment.declared}
    same = root.replace("_", "-").lower()
    wanted = {*found, same}
    if not found and same not in KNOWN:
        return None  # a name that we never heard of may come with anything
    has = brought((*declared, SERVER, *("pip", "setuptools", "wheel")))  # the last three come with every Python of conda's
    if wanted & has or root in has:
        return None
    # A package of which we do not know what it brings may bring this one.
    return Severity.ERROR if declared <= KNOWN else None
