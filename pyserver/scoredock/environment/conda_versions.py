"""Version requirements as conda writes them, in the words of PEP 440."""

from __future__ import annotations

import re

# "=1.2=py38_0", "==1.2=0", " 1.2 py38_0": a build string after the version; builds have no twin outside conda.
_BUILD = re.compile(r"^(?P<version>=?=?[^\s=,|<>!~]+)(?:\s+|=)(?P<build>[^\s=,|<>!~]+)$")
_BRACKETS = re.compile(r"\[(?P<inside>[^\]]*)\]\s*$")
_VERSION_KEY = re.compile(r"version\s*=\s*(?P<quote>['\"]?)(?P<version>.*?)(?P=quote)\s*(?:,\s*\w+\s*=|$)")
_CLAUSE = re.compile(r"^(?P<operator>===?|~=|!=|<=|>=|<|>|=)?\s*(?P<version>[A-Za-z0-9][A-Za-z0-9._+!-]*?)(?P<any>\.?\*)?$")


def version_and_build(rest: str) -> tuple[str, str]:
    """What follows a conda package's name, apart: ``"=1.2=py38_0"`` -> ``("=1.2", "py38_0")``."""
    rest = rest.strip()
    brackets = _BRACKETS.search(rest)
    if brackets:
        inside = _VERSION_KEY.search(brackets["inside"])
        rest = rest[: brackets.start()].strip() or (inside["version"] if inside else "")
    match = _BUILD.match(rest)
    return (match["version"], match["build"]) if match else (rest, "")


def as_pep440(rest: str) -> str | None:
    """The specifier for pip that means the same, build strings left out; ``None`` where pip cannot say it ("1.2|1.4")."""
    version, _ = version_and_build(rest)
    if not version or version == "*":
        return ""
    if "|" in version:
        return None
    clauses = [_clause(part.strip()) for part in version.split(",") if part.strip() not in ("", "*")]
    if None in clauses:
        return None
    specifier = ",".join(clause for clause in clauses if clause)
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        SpecifierSet(specifier)
    except InvalidSpecifier:
        return None
    return specifier


def exact_version(rest: str) -> str | None:
    """The one version that a conda requirement allows, patch level included, or ``None``."""
    specifier = as_pep440(rest)
    if specifier and specifier.startswith("==") and "*" not in specifier and "," not in specifier:
        return specifier[2:]
    return None


def _clause(text: str) -> str | None:
    match = _CLAUSE.match(text)
    if not match:
        return None
    operator, version, anything = match["operator"] or "", match["version"], bool(match["any"])
    if operator == "=" or (anything and operator in ("", "==")):
        return f"=={version}.*"  # "=1.2" is any 1.2.x for conda
    if operator == "":
        return f"=={version}"
    if operator == "!=" and anything:
        return f"!={version}.*"
    return f"{operator}{version}"
