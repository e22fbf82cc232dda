"""Names, versions and references of models, by Azure's rules and such that each is also a safe name of a folder."""

from __future__ import annotations

import re
from collections.abc import Iterable

from scoredock.l10n import t
from scoredock.models.values import ModelProblem

# azureml-core 1.61 (model.py, MODEL_NAME): a letter or digit, then up to 254 of these.
NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9\-._]{0,254}")
VERSION = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9\-._]{0,29}")
# What Windows takes for a device whatever its extension.
DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))}
REFERENCE = re.compile(r"(?:azureml:)?(?P<name>[^:@/\\]+)(?:[:@](?P<version>[^:@/\\]+))?")
LATEST = ("latest", "@latest")


def checked_name(name: str) -> str:
    """``name``, or `ModelProblem` when it cannot be a model's."""
    if not NAME.fullmatch(name) or name.endswith(".") or name.split(".", maxsplit=1)[0].lower() in DEVICES:
        raise ModelProblem(
            t("'{0}' cannot be the name of a model.", name),
            t("Use letters, digits, '-', '.' and '_', beginning with a letter or digit."),
        )
    return name


def checked_version(version: str) -> str:
    """``version``, or `ModelProblem` when it cannot be one."""
    if not VERSION.fullmatch(version) or version.endswith(".") or version.lower() in (*LATEST, *DEVICES):
        raise ModelProblem(
            t("'{0}' cannot be a version of a model.", version), t("Use a number, or letters, digits, '-', '.' and '_'.")
        )
    return version


def parse_reference(text: str) -> tuple[str, str | None]:
    """Name and version of ``azureml:NAME:VERSION``, ``NAME:VERSION``, ``NAME@latest`` or ``NAME``; no version is the latest."""
    match = REFERENCE.fullmatch(text)
    if match is None:
        raise ModelProblem(t("'{0}' does not name a model.", text), t("Write NAME, NAME:VERSION or azureml:NAME:VERSION."))
    version = match["version"]
    return checked_name(match["name"]), None if version is None or version in LATEST else checked_version(version)


def order(version: str) -> tuple[int, int, str]:
    """A sort key: numbers by their value and after all other versions, so that the last is the latest."""
    return (1, int(version), "") if version.isdigit() else (0, 0, version)


def next_number(versions: Iterable[str]) -> str:
    """The number after the highest in use."""
    return str(max((int(version) for version in versions if version.isdigit()), default=0) + 1)
