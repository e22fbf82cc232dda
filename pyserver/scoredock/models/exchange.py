"""Models as plain folders: out of one registry, into another, by any means that carries files.

An exported folder holds the model under its own name and, beside it, ``scoredock-model.json`` with what was said of it and
the SHA-256 of each file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scoredock.l10n import t
from scoredock.models.records import RegisteredModel, as_json, from_json, read_json, write_json
from scoredock.models.registering import About
from scoredock.models.registry import Registry
from scoredock.models.trouble import saying_what_failed
from scoredock.models.values import ModelDamaged, ModelProblem
from scoredock.progress import Progress, silent

CARD = "scoredock-model.json"


def export_model(registry: Registry, model: RegisteredModel, folder: Path, *, progress: Progress = silent) -> Path:
    """Write a version into ``folder``, which must be new or empty; returns it."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ModelProblem(t("{0} is not empty.", folder), t("Choose a new folder to export to."))
    registry.download(model, folder, progress=progress)
    sample = registry.sample_input(model)
    card: dict[str, Any] = {"name": model.name, "version": model.version, **as_json(model)}
    if sample is not None:
        card["sample_input"] = sample.read_text(encoding="utf-8")
    with saying_what_failed(t("The model {0} cannot be exported to {1}", model.id, folder), folder):
        write_json(folder / CARD, card)
    return folder


def import_model(
    registry: Registry,
    folder: Path,
    *,
    name: str | None = None,
    version: str | None = None,
    keep_version: bool = False,
    progress: Progress = silent,
) -> RegisteredModel:
    """Register what `export_model` wrote, under its name and with all that was said of it; the next version unless one is
    given or ``keep_version`` asks for the one it had."""
    card = _card(folder)
    told = from_json(card, str(card.get("name")), str(card.get("version")), str(folder))
    with saying_what_failed(t("The folder {0} cannot be imported", folder), folder), registry.layout.staging() as scratch:
        sample = None
        if isinstance(card.get("sample_input"), str):
            sample = scratch / "sample.json"
            sample.write_text(card["sample_input"], encoding="utf-8")
        about = About(
            told.description,
            told.tags,
            told.properties,
            told.framework,
            told.framework_version,
            told.cpu,
            told.memory_in_gb,
            told.gpu,
            sample,
        )
        wanted = version or (told.version if keep_version else None)
        return registry.register(told.path, name or told.name, version=wanted, about=about, progress=progress, sha256=told.sha256)


def is_exported(folder: Path) -> bool:
    """Whether `export_model` wrote this folder."""
    return (folder / CARD).is_file()


def _card(folder: Path) -> dict[str, Any]:
    sentence = t("{0} is no exported model: it has no {1}.", folder, CARD)
    try:
        card = read_json(folder / CARD)
    except FileNotFoundError as missing:
        raise ModelProblem(sentence, t("Register a plain file or folder with 'scoredock model register'.")) from missing
    except (OSError, ValueError) as wrong:
        raise ModelDamaged(t("{0} cannot be read.", folder / CARD), t("Export the model again.")) from wrong
    if not isinstance(card, dict) or not isinstance(card.get("name"), str):
        raise ModelDamaged(t("{0} is damaged.", folder / CARD), t("Export the model again."))
    return card
