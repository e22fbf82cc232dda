"""Checks the keys and the types of a deployment file against the kept schema: what `azure-ai-ml` refuses, said at the place.

The rules of each type are those of the marshmallow fields that azure-ai-ml declares: a string is never a number, an
integer may be written as a string, null is refused everywhere.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from scoredock.finding import Finding, Fix, Severity
from scoredock.l10n import deferred, t
from scoredock.project.marked import Entry, Mapping, Marked, Scalar, Sequence
from scoredock.project.said import beginning, found, nearest, renaming, replacing, unfilled, with_question, writing
from scoredock.project.schema import Key, Section, sections

# What marshmallow's Boolean field takes, and nothing else.
_BOOLEANS = {"t", "true", "on", "y", "yes", "1", "f", "false", "off", "n", "no", "0"}
_OF_CONDA_FILES = ("channels", "dependencies")
_TAKES = {
    "string": deferred("'{0}' takes text"),
    "integer": deferred("'{0}' takes a whole number"),
    "number": deferred("'{0}' takes a number"),
    "boolean": deferred("'{0}' takes true or false"),
    "version": deferred("'{0}' takes a version"),
    "reference": deferred("'{0}' takes a reference such as azureml:NAME:VERSION"),
}


def check_keys(root: Mapping) -> Iterator[Finding]:
    """Findings on every key of a deployment file."""
    kind = root.get("type")
    kubernetes = isinstance(kind, Scalar) and kind.text == "kubernetes"
    yield from _section(root, sections()["deployment"], None, "kubernetes" if kubernetes else "managed")


def _section(node: Mapping, section: Section, owner: str | None, deployment: str) -> Iterator[Finding]:
    """``owner`` is the key that the section stands under; the deployment itself stands under none."""
    own_type = node.get("type")
    for entry in node.entries:
        name = entry.key.text
        key = section.get(name)
        if key is None and unfilled(entry.key):
            continue
        if key is None:
            yield _unknown(entry, section, owner)
        elif key.only_for not in (None, deployment):
            message = t("'{0}' is a key of {1} deployments only; Azure refuses it for a {2} one.", name, key.only_for, deployment)
            yield found("SD408", Severity.ERROR, entry.key.place, message)
        elif key.with_type and isinstance(own_type, Scalar) and not unfilled(own_type) and _snake(own_type.text) != key.with_type:
            message = t("'{0}' needs 'type: {1}'; Azure refuses it beside 'type: {2}'.", name, key.with_type, own_type.text)
            yield found("SD408", Severity.ERROR, entry.key.place, message)
        else:
            yield from _value(entry.value, key, entry, deployment)
    for key in section.values():
        if key.required in (True, deployment) and key.only_for in (None, deployment) and node.entry(key.name) is None:
            yield _missing(node, key, owner)


def _missing(node: Mapping, key: Key, owner: str | None) -> Finding:
    place = beginning(node.place)
    if key.elsewhere:
        message = t("'{0}' is missing; az ml then needs it as {1}.", key.name, key.elsewhere)
        return found("SD408", Severity.INFORMATION, place, f"{message} {key.doc}")
    message = (
        t("'{0}' is missing; Azure refuses a deployment without it.", key.name)
        if owner is None
        else t("'{0}' is missing; Azure refuses '{1}' without it.", key.name, owner)
    )
    return found("SD408", Severity.ERROR, place, f"{message} {key.doc}")


def _unknown(entry: Entry, section: Section, owner: str | None) -> Finding:
    name, place = entry.key.text, entry.key.place
    if name in _OF_CONDA_FILES and owner == "environment":
        message = t("'{0}' belongs into the conda file: write it under 'conda_file', or name a file there.", name)
        return found("SD408", Severity.ERROR, place, message)
    meant = nearest(name, tuple(key for key, value in section.items() if not value.ignored))
    if meant:
        message = t("A deployment has no key '{0}'.", name) if owner is None else t("'{0}' has no key '{1}'.", owner, name)
        fix = renaming(name, meant, place) if entry.key.plain else None
        return found("SD408", Severity.ERROR, place, with_question(message, meant), fix)
    message = (
        t("A deployment has no key '{0}'; Azure refuses the file.", name)
        if owner is None
        else t("'{0}' has no key '{1}'; Azure refuses the file.", owner, name)
    )
    homes = [home for home, keys in sections().items() if name in keys and not keys[name].ignored and home != "deployment"]
    if len(homes) == 1:
        message += " " + t("It belongs under '{0}'.", homes[0])
    return found("SD408", Severity.ERROR, place, message)


def _value(value: Marked, key: Key, entry: Entry, deployment: str) -> Iterator[Finding]:
    if unfilled(value):
        return
    if isinstance(value, Scalar) and value.value is None and (key.ignored or "anything" not in key.types):
        place = entry.key.place if value.place.line == value.place.end_line and not value.text else value.place
        message = t("'{0}' has no value; Azure refuses that. Give one or remove the key.", key.name)
        yield found("SD408", Severity.ERROR, place, message)
        return
    if key.ignored or "anything" in key.types:
        return
    wrong = [problem for kind in key.types if (problem := _mismatch(value, kind, key))]
    if len(wrong) == len(key.types):
        yield found(
            "SD408",
            Severity.ERROR,
            value.place,
            *_say_mismatch(value, key, wrong[0] if isinstance(value, Scalar) else wrong[-1], entry),
        )
    elif isinstance(value, Mapping) and key.section:
        yield from _section(value, sections()[key.section], key.name, deployment)
    elif isinstance(value, Mapping):
        yield from _many(value, key, deployment)
    elif isinstance(value, Sequence):
        kind = next(name.removeprefix("list of ") for name in key.types if name.startswith("list of "))
        for item in value:
            yield from _value(item, Key(key.name, (kind,), ""), entry, deployment)


def _many(value: Mapping, key: Key, deployment: str) -> Iterator[Finding]:
    """The values of a mapping whose keys are the author's own."""
    kind = next((name.removeprefix("map of ") for name in key.types if name.startswith("map of ")), "anything")
    for entry in value.entries:
        if kind != "anything" and not isinstance(entry.key.value, str) and not unfilled(entry.key):
            quoted = replacing(t("Put {0} in quotes", entry.key.text), entry.key.place, f'"{entry.key.text}"')
            message = t("The keys under '{0}' are texts; put {1} in quotes.", key.name, entry.key.text)
            yield found("SD408", Severity.ERROR, entry.key.place, message, quoted)
        yield from _value(entry.value, Key(entry.key.text, (kind,), ""), entry, deployment)


def _mismatch(value: Marked, kind: str, key: Key) -> str | None:
    """Why a value is not of a kind, or None when it is."""
    if kind == "anything":
        return None
    if kind in sections() or kind.startswith("map of "):
        return None if isinstance(value, Mapping) else t("'{0}' takes keys of its own under it", key.name)
    if kind.startswith("list of "):
        return None if isinstance(value, Sequence) else t("'{0}' takes a list", key.name)
    if not isinstance(value, Scalar):
        return t(_TAKES[kind], key.name)
    if kind == "reference":
        fine = isinstance(value.value, str) and bool(re.match(r"azureml:.", value.value))
        return None if fine else t("'{0}' takes azureml:NAME:VERSION or keys of its own under it", key.name)
    if key.values:
        fine = isinstance(value.value, str) and (_snake(value.text) if key.camel else value.text.lower()) in key.values
        return None if fine else t("'{0}' is one of {1}", key.name, ", ".join(key.values))
    return None if _is(value.value, kind) else t(_TAKES[kind], key.name)


def _is(value: object, kind: str) -> bool:
    match kind:
        case "string":
            return isinstance(value, str)
        case "version":
            return isinstance(value, str | int | float)
        case "integer":
            return not isinstance(value, bool) and _converts(int, value)
        case "number":
            return not isinstance(value, bool) and _converts(float, value)
        case _:
            return str(value).lower() in _BOOLEANS or value in (0, 1)


def _converts(kind: type[int] | type[float], value: object) -> bool:
    try:
        return math.isfinite(kind(value))  # type: ignore[arg-type, call-overload]
    except (TypeError, ValueError, OverflowError):
        return False


def _snake(text: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text).lower()


def _say_mismatch(value: Marked, key: Key, problem: str, entry: Entry) -> tuple[str, Fix | None]:
    if not isinstance(value, Scalar):
        if isinstance(value, Sequence):
            return t("{0}, not a list; Azure refuses the file.", problem), None
        return t("{0}, not keys of its own; Azure refuses the file.", problem), None
    fix = None
    quotable = value.plain and not isinstance(value.value, str) and "\n" not in value.text
    texts = "string" in key.types and (not key.values or value.text.lower() in key.values)
    if quotable and texts:
        title = t("Put {0} in quotes", value.text)
        fix = replacing(title, value.place, f'"{value.text.lower() if key.values else value.text}"')
        return t("{0}, and without quotes {1} is none; Azure refuses the file.", problem, value.text), fix
    if key.name == "model" and value.plain and value.place.line == entry.key.place.line:
        indent = " " * (entry.key.place.column + 1)
        fix = replacing(t("Write it as the path of the model"), value.place, f"\n{indent}path: {value.text}")
    meant = nearest(value.text, key.values) if key.values else None
    if meant and value.plain:
        fix = writing(meant, value.place)
    return with_question(t("{0}, not '{1}'; Azure refuses the file.", problem, value.text), meant), fix
