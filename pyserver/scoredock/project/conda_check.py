"""Findings on conda files: their shape, and what an online service needs in them.

Only what is certain is said. Building the environment says the rest, with the resolver's own words.
"""

from __future__ import annotations

from collections.abc import Iterator

from scoredock.finding import Finding, Fix, Severity
from scoredock.l10n import t
from scoredock.project.insertion import insert_before
from scoredock.project.marked import Document, Mapping, Marked, Scalar, Sequence
from scoredock.project.packages import Package, packages_of
from scoredock.project.said import found, nearest, renaming, unfilled, with_question, writing
from scoredock.project.texts import Texts

# conda reads these and says of every other key that it is invalid and ignored; `name` and `prefix` matter only to itself.
KEYS = ("name", "channels", "dependencies", "variables", "prefix", "platforms", "category")


def check_conda(root: Marked | None, document: Document, texts: Texts, *, serves: bool) -> Iterator[Finding]:
    """Findings on a conda definition, a file of its own or written inside ``document``; ``serves`` says that the
    environment is to run the Azure inference server."""
    if root is None or (isinstance(root, Scalar) and root.value is None):
        return
    if not isinstance(root, Mapping):
        message = t("A conda file is a list of keys: 'name', 'channels', 'dependencies'.")
        yield found("SD408", Severity.ERROR, root.place, message)
        return
    yield from _keys(root)
    dependencies = root.get("dependencies")
    if not isinstance(dependencies, Sequence):
        return
    yield from _items(dependencies)
    yield from _pip(document, dependencies)
    packages = packages_of(dependencies, document, texts)
    yield from _unreachable(packages)
    if serves:
        from scoredock.project.server_check import check_server  # brings `packaging`, which only this needs

        yield from check_server(document, dependencies, packages)


def _keys(root: Mapping) -> Iterator[Finding]:
    for entry in root.entries:
        name = entry.key.text
        if name not in KEYS and not unfilled(entry.key):
            meant = nearest(name, KEYS)
            fix = renaming(name, meant, entry.key.place) if meant and entry.key.plain else None
            message = with_question(t("conda knows no key '{0}' and ignores it.", name), meant)
            yield found("SD408", Severity.WARNING, entry.key.place, message, fix)
    for key in ("dependencies", "channels"):
        value = root.get(key)
        if value is None or isinstance(value, Sequence) or unfilled(value):
            continue
        if key == "dependencies" or not isinstance(value, Scalar) or value.value is not None:
            place = value.place if not isinstance(value, Scalar) or value.text else root.place
            severity = Severity.WARNING if isinstance(value, Scalar) and value.value is None else Severity.ERROR
            message = t("'{0}' is a list: write each item on a line of its own after '- '.", key)
            yield found("SD408", severity, place, message)


def _items(dependencies: Sequence) -> Iterator[Finding]:
    for item in dependencies:
        if isinstance(item, Scalar) and isinstance(item.value, str):
            continue
        if isinstance(item, Mapping) and item.keys() == ("pip",):
            section = item.get("pip")
            if isinstance(section, Sequence):
                yield from (
                    _no_package(line) for line in section if not (isinstance(line, Scalar) and isinstance(line.value, str))
                )
                continue
            if section is not None and not unfilled(section) and not (isinstance(section, Scalar) and section.value is None):
                message = t("'pip' is a list: write each package on a line of its own after '- '.")
                yield found("SD408", Severity.ERROR, section.place, message)
            continue
        yield _no_package(item)


def _no_package(item: Marked) -> Finding:
    if isinstance(item, Mapping) and len(item.entries) == 1 and isinstance(value := item.entries[0].value, Scalar):
        name = item.entries[0].key.text
        if name != "pip" and value.value is not None and not unfilled(value):
            message = t("This is a key with a value, no package; write '{0}={1}'.", name, value.text)
            fix = writing(f"{name}={value.text}", item.place)
            return found("SD408", Severity.ERROR, item.place, message, fix)
    message = t("This is no package: write its name and version, such as numpy=2.2.6.")
    return found("SD408", Severity.ERROR, item.place, message)


def _pip(document: Document, dependencies: Sequence) -> Iterator[Finding]:
    sections = [item for item in dependencies if isinstance(item, Mapping) and item.entry("pip")]
    named = {
        item.text.split("::")[-1].split("=")[0].split("<")[0].split(">")[0].strip()
        for item in dependencies
        if isinstance(item, Scalar)
    }
    if not sections or "pip" in named:
        return
    edit = insert_before(document, dependencies, sections[0], "pip")
    fix = Fix(t("Add '- pip' before the pip section"), (edit,)) if edit else None
    message = t(
        "There is a pip section but no 'pip' among the packages: conda adds one of its own choice, or uses one from elsewhere."
    )
    entry = sections[0].entry("pip")
    yield found("SD407", Severity.WARNING, entry.key.place if entry else sections[0].place, message, fix)


def _unreachable(packages: tuple[Package, ...]) -> Iterator[Finding]:
    for package in packages:
        if package.local and package.place is not None:
            message = t(
                "'{0}' names a file of this machine: Azure gets only the text of the conda file and cannot find it.", package.text
            )
            yield found("SD408", Severity.WARNING, package.place, message)
