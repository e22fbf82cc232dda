"""Whether a registered model is still what was registered."""

from __future__ import annotations

from pathlib import Path

from scoredock.l10n import deferred, t
from scoredock.models.copying import Sealed, digest_of, walk
from scoredock.models.records import RegisteredModel, read_json, seals_from_json
from scoredock.models.trouble import saying_what_failed
from scoredock.models.values import ModelDamaged

AGAIN = deferred("Register the model again as a new version.")


def read_seals(model: RegisteredModel, file: Path) -> tuple[Sealed, ...]:
    """What was written down about the files of ``model``."""
    with saying_what_failed(t("The model {0} cannot be read", model.id), file.parent):
        try:
            return seals_from_json(read_json(file))
        except (ValueError, FileNotFoundError) as wrong:
            raise ModelDamaged(t("The list of files of {0} is damaged.", model.id), t(AGAIN)) from wrong


def verify(model: RegisteredModel, seals: tuple[Sealed, ...], *, deep: bool) -> None:
    """Raise `ModelDamaged` unless the files are those of ``seals``.

    A file that carries the size and time of change it was registered with is taken as it is; ``deep`` reads every byte.
    """
    with saying_what_failed(t("The model {0} cannot be read", model.id), model.path.parent):
        there = {relative.as_posix(): file for file, relative in walk(model.path)} if model.path.exists() else {}
        for seal in seals:
            file = there.pop(seal.path, None)
            if file is None:
                raise is_gone(model, seal.path)
            status = file.stat()
            untouched = (status.st_size, status.st_mtime_ns) == (seal.size, seal.changed)
            if (deep or not untouched) and (status.st_size != seal.size or digest_of(file) != seal.sha256):
                raise was_changed(model, seal.path)
        for path in there:
            raise ModelDamaged(t("The model {0} is not what was registered: {1} was added.", model.id, path), t(AGAIN))


def is_gone(model: RegisteredModel, path: object) -> ModelDamaged:
    return ModelDamaged(t("The model {0} is not what was registered: {1} is gone.", model.id, path), t(AGAIN))


def was_changed(model: RegisteredModel, path: object) -> ModelDamaged:
    return ModelDamaged(t("The model {0} is not what was registered: {1} was changed.", model.id, path), t(AGAIN))
