"""Where the registry keeps what, who may change it at a moment, and how a version moves as a whole.

azureml-models/
  NAME/VERSION/<file or folder>                what a service mounts, and nothing else
  .scoredock/records/NAME/VERSION.json         makes the version exist
  .scoredock/records/NAME/VERSION.files.json   paths, sizes and SHA-256 of its files
  .scoredock/deleted/…                         the same two trees, of versions that can be restored
  .scoredock/staging/…                         copies that are under way
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scoredock.l10n import t
from scoredock.models.values import ModelProblem

LOCK_SECONDS = 60
RECORD, FILES, SAMPLE, PURGED = ".json", ".files.json", ".sample.json", ".purged"


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where versions stand: their records and their contents. There is one for those in use and one for deleted ones."""

    records: Path
    contents: Path

    def record(self, name: str, version: str) -> Path:
        return self.records / name / f"{version}{RECORD}"

    def home(self, name: str, version: str) -> Path:
        return self.contents / name / version

    def beside(self, name: str, version: str, end: str) -> Path:
        return self.records / name / f"{version}{end}"

    def versions(self, name: str) -> list[str]:
        return [file.removesuffix(RECORD) for file in self._files(name) if is_record(file)]

    def purged(self, name: str) -> list[str]:
        return [file.removesuffix(PURGED) for file in self._files(name) if file.endswith(PURGED)]

    def _files(self, name: str) -> list[str]:
        """None of a name that there is not, or no longer: whoever only looks holds no lock."""
        try:
            return [file.name for file in (self.records / name).iterdir()]
        except (FileNotFoundError, NotADirectoryError):
            return []


def is_record(file: str) -> bool:
    return file.endswith(RECORD) and not file.startswith(".") and not file.endswith((FILES, SAMPLE))


class Layout:
    """The folders below one root; making the object touches nothing."""

    def __init__(self, root: Path) -> None:
        self.root = root
        inner = root / ".scoredock"
        self.inner = inner
        self.live = Shelf(inner / "records", root)
        self.gone = Shelf(inner / "deleted", inner / "deleted" / "azureml-models")

    def taken(self, name: str) -> list[str]:
        """Every version that was ever given and so is not given again."""
        return [*self.live.versions(name), *self.gone.versions(name), *self.gone.purged(name)]

    @contextmanager
    def held(self, name: str) -> Iterator[None]:
        """Nobody else changes the versions of this model meanwhile, in this process or another."""
        from filelock import FileLock, Timeout

        folder = self.inner / "locks"
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(folder / f"{name}.lock", timeout=LOCK_SECONDS):
                yield
        except Timeout as late:
            sentence = t("Another process has been changing the model {0} for more than {1} s.", name, LOCK_SECONDS)
            raise ModelProblem(sentence, t("Try again when it has finished.")) from late

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """A folder for one copy, which goes unless it was renamed away; those whose process died go too."""
        from filelock import FileLock, Timeout

        area = self.inner / "staging"
        area.mkdir(parents=True, exist_ok=True)
        for old in area.glob("*.lock"):
            try:
                with FileLock(old, timeout=0):
                    remove_tree(old.with_suffix(""))
                    old.unlink(missing_ok=True)
            except (Timeout, OSError):
                continue
        mine = area / secrets.token_hex(6)
        with FileLock(mine.with_suffix(".lock")):
            try:
                mine.mkdir()
                yield mine
            finally:
                remove_tree(mine)
                mine.with_suffix(".lock").unlink(missing_ok=True)

    def move(self, name: str, version: str, *, here: Shelf, there: Shelf) -> None:
        """Carry a version from one shelf to the other; the caller holds the model. In between it is on neither."""
        record = here.record(name, version)
        away = record.with_suffix(".moving")
        record.rename(away)
        for source, target in (
            (here.home(name, version), there.home(name, version)),
            *((here.beside(name, version, end), there.beside(name, version, end)) for end in (FILES, SAMPLE)),
            (away, there.record(name, version)),
        ):
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.exists():
                source.replace(target)
        for folder in (here.home(name, version).parent, record.parent):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()


def remove_tree(folder: Path) -> None:
    """Remove a folder whose files may be sealed; Windows removes only what can be written."""
    if not folder.exists():
        return
    for file in folder.rglob("*"):
        if not file.is_symlink() and file.is_file():
            file.chmod(0o600)
    shutil.rmtree(folder)
