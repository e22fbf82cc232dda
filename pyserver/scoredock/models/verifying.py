"""Whether a registered model is still what was registered."""

from __future__ import annotations

from pathlib import Path

from scoredock.l10n import t
from scoredock.models.copying import Sealed, digest_of, walk
from scoredock.models.records import RegisteredModel, read_json, seals_from_json
from scoredock.models.trouble import saying_what_failed
from scoredock.models.values import ModelDamaged

AGAIN = "Register the model again as a new version."


def read_seals(model: RegisteredModel, file: Path) -> tuple[Sealed, ...]:
    """What was written down about the files of ``model``."""
    with saying_what_failed(f"The model {model.id} cannot be read", file.parent):
        try:
            return seals_from_json(read_json(file))
        except (ValueError, FileNotFoundError) as wrong:
            raise ModelDamaged(t("The list of files of {0} is damaged.", model.id), AGAIN) from wrong


def verify(model: RegisteredModel, seals: tuple[Sealed, ...], *, deep: bool) -> None:
    """Raise `ModelDamaged` unless the files are those of ``seals``.

    A file that carries the size and time of change it was registered with is taken as it is; ``deep`` reads every byte.
    """
    with saying_what_failed(f"The model {model.id} cannot be read", model.path.parent):
        there = {relative.as_posix(): file for file, relative in walk(model.path)} if model.path.exists() else {}
        for seal in seals:
            file = there.pop(seal.path, None)
            if file is None:
                raise damaged(model, seal.path, "is gone")
            status = file.stat()
            untouched = (status.st_size, status.st_mtime_ns) == (seal.size, seal.changed)
            if (deep or not untouched) and (status.st_size != seal.size or digest_of(file) != seal.sha256):
                raise damaged(model, seal.path, "was changed")
        for path in there:
            raise damaged(model, path, "was added")


def damaged(model: RegisteredModel, path: str, what: str) -> ModelDamaged:
    return ModelDamaged(t("The model {0} is not what was registered: {1} {2}.", model.id, path, what), AGAIN)
