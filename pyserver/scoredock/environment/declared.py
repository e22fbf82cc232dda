"""What an environment file asks for and what its environment has, as the facts that checks are made from."""

from __future__ import annotations

import re
from pathlib import Path

from scoredock.contract.facts import Distribution, EnvironmentFacts
from scoredock.environment import store
from scoredock.environment.conda_file import conda_name
from scoredock.environment.conda_versions import as_pep440, exact_version
from scoredock.environment.installed import installed_distributions, site_packages
from scoredock.environment.modules import installed_modules
from scoredock.environment.sync import find
from scoredock.environment.twins import known_distributions, known_modules, twin_of
from scoredock.environment.values import ReadyEnvironment, Requirement, Specification

_SPECIFIER = re.compile(r"^\s*[A-Za-z0-9][\w.-]*\s*(?:\[[^\]]*\])?\s*(?P<rest>[^;#]*?)\s*(?:;.*|#.*|\s--hash.*)?$", re.DOTALL)


def environment_facts(specification: Specification, ready: ReadyEnvironment | None = None) -> EnvironmentFacts:
    """All that is known of an environment without running anything; ``ready`` is looked for unless it is given.

    Reading takes a few milliseconds. Without an environment the modules come from a kept list, and the facts are not
    complete: what the declared packages bring with them is known only after a resolution. Conda packages are named as
    PyPI names them, because that is what modules and metadata are known by; those that only conda has are left out.
    """
    ready = ready or find(specification)
    installed: tuple[Distribution, ...] | None = None
    versions: dict[str, str] = {}
    known = modules = known_modules()
    if ready:
        packages = packages_folder(ready)
        versions = installed_distributions(packages)
        installed = tuple(Distribution(name, installed=version) for name, version in sorted(versions.items()))
        modules = installed_modules(packages)
    return EnvironmentFacts(
        python=ready.python_version if ready else declared_python(specification),
        declared=declared_distributions(specification, versions),
        installed=installed,
        modules=tuple(modules.items()),
        complete=ready is not None,
        known=tuple({**_of_the_same_name(), **known}.items()),
    )


def declared_distributions(specification: Specification, installed: dict[str, str] | None = None) -> tuple[Distribution, ...]:
    """The distributions that a file names, with their pins; of one named in both sections the pip line counts."""
    found: dict[str, Distribution] = {}
    for item in specification.conda:
        name, rest = conda_name(item.text)
        twin = twin_of(name)
        if twin is not None:
            found[twin] = Distribution(twin, exact_version(rest), as_pep440(rest) or "", (installed or {}).get(twin))
    for item in specification.pip:
        if item.name is None:
            continue
        specifier = pip_specifier(item)
        found[item.name] = Distribution(item.name, _pin(specifier), specifier, (installed or {}).get(item.name))
    return tuple(found.values())


def _of_the_same_name() -> dict[str, tuple[str, ...]]:
    return {name.replace("-", "_"): (name,) for name in known_distributions()}


def declared_python(specification: Specification) -> str | None:
    """The Python that a file pins: "3.11" or "3.11.7"; ``None`` where it leaves a choice."""
    if specification.python is None:
        return None
    match = re.fullmatch(r"==(\d+\.\d+(?:\.\d+)?)(?:\.\*)?", as_pep440(specification.python) or "")
    return match[1] if match else None


def pip_specifier(item: Requirement) -> str:
    """The version part of a pip line: ``"numpy[x]==1.26 ; python_version > '3'"`` -> ``"==1.26"``; "" for a path or URL."""
    if item.name is None or item.text.startswith("-e") or " @ " in item.text:
        return ""
    match = _SPECIFIER.match(item.text)
    rest = re.sub(r"\s+", "", match["rest"]) if match else ""
    rest = rest[1:-1] if rest.startswith("(") and rest.endswith(")") else rest
    return rest if re.match(r"^[<>=!~]", rest) else ""


def packages_folder(ready: ReadyEnvironment) -> Path:
    """The site-packages folder of an environment."""
    record = store.read_record(ready.key)
    if record is not None and store.root() / record.folder == ready.prefix:
        return ready.prefix / record.packages
    return site_packages(ready.prefix)


def _pin(specifier: str) -> str | None:
    match = re.fullmatch(r"={2,3}([^,*]+)", specifier)
    return match[1] if match else None
