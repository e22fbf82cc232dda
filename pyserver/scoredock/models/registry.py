"""The model registry: a folder on this machine, shared by any number of processes, with no server.

A version is first copied beside, then renamed into its place, then its record is renamed in (`layout.py`): whatever
happens on the way, it is there wholly or not at all. Its content never changes; tags, properties and description may.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from threading import Event

from scoredock.l10n import t
from scoredock.models import names
from scoredock.models.copying import Sealed, copy_files, tree_digest
from scoredock.models.index import read_all
from scoredock.models.layout import FILES, PURGED, RECORD, SAMPLE, Layout, remove_tree
from scoredock.models.records import RegisteredModel, as_json, from_json, read_json, seals_as_json, write_json
from scoredock.models.registering import NOTHING, About, advance_of, check_source, copied_in, described, now
from scoredock.models.trouble import saying_what_failed
from scoredock.models.values import ModelDamaged, ModelNotFound, ModelProblem, VersionTaken
from scoredock.models.verifying import AGAIN, is_gone, read_seals, verify, was_changed
from scoredock.progress import Progress, silent


class Registry:
    """The registry below one folder; making the object touches nothing."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.layout = Layout(root)

    # Reading.

    def models(
        self,
        name: str | None = None,
        *,
        tags: Mapping[str, str | None] | None = None,
        properties: Mapping[str, str | None] | None = None,
        framework: str | None = None,
        latest: bool = False,
        deleted: bool = False,
    ) -> tuple[RegisteredModel, ...]:
        """Versions by name, oldest version first. A tag or property whose value is ``None`` need only be there."""
        found = read_all(self.root, self.layout.gone if deleted else self.layout.live, deleted=deleted)
        chosen = [
            model
            for model in found
            if (name is None or model.name == name)
            and (framework is None or model.framework == framework)
            and (not tags or _has(model.tags, tags))
            and (not properties or _has(model.properties, properties))
        ]
        chosen.sort(key=lambda model: (model.name, names.order(model.version)))
        return tuple({model.name: model for model in chosen}.values()) if latest else tuple(chosen)

    def get(self, name: str, version: str | None = None) -> RegisteredModel:
        """One version, the latest unless one is given; `ModelNotFound` when there is none."""
        names.checked_name(name)
        live = self.layout.live
        if version is None:
            found = live.versions(name)
            if not found:
                raise self._missing(name, None)
            version = max(found, key=names.order)
        if not live.record(name, names.checked_version(version)).is_file():
            raise self._missing(name, version)
        with saying_what_failed(t("The model {0} cannot be read", f"{name} {version}"), self.root):
            try:
                record = read_json(live.record(name, version))
            except ValueError as wrong:
                raise ModelDamaged(t("The record of {0} {1} is damaged.", name, version), t(AGAIN)) from wrong
        return from_json(record, name, version, str(live.home(name, version)))

    def verify(self, model: RegisteredModel, *, deep: bool = False) -> None:
        """Raise `ModelDamaged` unless the files are those that were registered; ``deep`` reads every byte of them."""
        verify(model, self._seals(model), deep=deep)

    def sample_input(self, model: RegisteredModel) -> Path | None:
        """The request that was registered with the model."""
        path = self.layout.live.beside(model.name, model.version, SAMPLE)
        return path if model.has_sample_input and path.is_file() else None

    # Writing.

    def register(
        self,
        source: Path,
        name: str,
        *,
        version: str | None = None,
        about: About = NOTHING,
        progress: Progress = silent,
        sha256: str | None = None,
    ) -> RegisteredModel:
        """Copy a file or folder into the registry as a new version: the next number unless ``version`` is given.

        Where ``sha256`` is given (of `tree_digest`), a source that has another one is refused.
        """
        names.checked_name(name)
        if version is not None:
            self._refuse_taken(name, names.checked_version(version))
        source = Path(os.path.abspath(source))  # noqa: PTH100 (not resolved: a link keeps the name the user gave it)
        check_source(source, self.root)
        with saying_what_failed(t("The model {0} cannot be registered", name), self.root), self.layout.staging() as staging:
            seals = copied_in(source, staging, self.root, progress)
            if sha256 is not None and tree_digest(seals) != sha256:
                raise ModelDamaged(t("{0} is not what was exported.", source), t("Export the model again."))
            sample = about.sample_input.read_bytes() if about.sample_input is not None else None
            model = described(staging / source.name, name, version or "", seals, about)
            return self._put(model, staging, seals, sample)

    def annotate(
        self,
        model: RegisteredModel,
        *,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        resources: tuple[float | None, float | None, int | None] | None = None,
    ) -> RegisteredModel:
        """Replace what may change of a version: what is given, wholly. Properties can be added, never changed or removed."""
        with saying_what_failed(t("The model {0} cannot be changed", model.id), self.root), self.layout.held(model.name):
            current = self.get(model.name, model.version)
            if properties is not None and not _has(properties, dict(current.properties)):
                raise ModelProblem(t("Properties of a model cannot be changed or removed."), t("Use tags for what changes."))
            cpu, memory, gpu = resources or (current.cpu, current.memory_in_gb, current.gpu)
            changed = replace(
                current,
                description=current.description if description is None else description,
                tags=current.tags if tags is None else dict(tags),
                properties=current.properties if properties is None else dict(properties),
                cpu=cpu,
                memory_in_gb=memory,
                gpu=gpu,
                modified=now(),
            )
            write_json(self.layout.live.record(model.name, model.version), as_json(changed))
            return changed

    def download(self, model: RegisteredModel, folder: Path, *, exist_ok: bool = False, progress: Progress = silent) -> Path:
        """Copy a version into ``folder`` under its own name and return the path.

        The copy is compared with what was registered. What is there already is refused, or with ``exist_ok`` replaced.
        """
        target = folder / model.entry
        if target.exists() and not exist_ok:
            raise ModelProblem(
                t("{0} exists already.", target), t("Choose another folder, or allow it to be replaced (exist_ok).")
            )
        seals = {seal.path: seal for seal in self._seals(model)}
        beside = folder / f".{model.entry}.{secrets.token_hex(4)}"
        with saying_what_failed(t("The model {0} cannot be copied to {1}", model.id, folder), folder):
            folder.mkdir(parents=True, exist_ok=True)
            try:
                files = [(model.path.parent / path, PurePosixPath(path)) for path in seals]
                for file, path in files:
                    if not file.is_file():
                        raise is_gone(model, path)
                for copy in copy_files(files, beside, advance_of(progress, model.size, model.id), Event(), sealed=False):
                    if copy.sha256 != seals[copy.path].sha256:
                        raise was_changed(model, copy.path)
                _take_place(beside / model.entry, target)
            finally:
                shutil.rmtree(beside, ignore_errors=True)
        return target

    def delete(self, model: RegisteredModel) -> None:
        """Take a version out of sight; `restore` brings it back, `purge` frees its space. Its number is not used again."""
        layout = self.layout
        with saying_what_failed(t("The model {0} cannot be deleted", model.id), self.root), layout.held(model.name):
            if not layout.live.record(model.name, model.version).is_file():
                raise self._missing(model.name, model.version)
            layout.move(model.name, model.version, here=layout.live, there=layout.gone)

    def restore(self, name: str, version: str) -> RegisteredModel:
        """Bring a deleted version back."""
        layout = self.layout
        with saying_what_failed(t("The model {0} cannot be restored", f"{name} {version}"), self.root), layout.held(name):
            self._check_deleted(name, version)
            layout.move(name, version, here=layout.gone, there=layout.live)
        return self.get(name, version)

    def purge(self, name: str, version: str) -> None:
        """Remove a deleted version for good."""
        gone = self.layout.gone
        with saying_what_failed(t("The model {0} cannot be removed", f"{name} {version}"), self.root), self.layout.held(name):
            self._check_deleted(name, version)
            gone.beside(name, version, PURGED).touch()  # keeps the number from being given again
            gone.record(name, version).unlink()
            remove_tree(gone.home(name, version))
            for end in (FILES, SAMPLE):
                gone.beside(name, version, end).unlink(missing_ok=True)

    # Inside.

    def _put(self, model: RegisteredModel, staging: Path, seals: tuple[Sealed, ...], sample: bytes | None) -> RegisteredModel:
        live = self.layout.live
        with self.layout.held(model.name):
            if model.version:
                self._refuse_taken(model.name, model.version)
            version = model.version or names.next_number(self.layout.taken(model.name))
            home = live.home(model.name, version)
            remove_tree(home)  # content without a record: a registration that was cut off between its two renames
            home.parent.mkdir(parents=True, exist_ok=True)
            staging.rename(home)
            model = replace(model, version=version, home=str(home))
            try:
                write_json(live.beside(model.name, version, FILES), seals_as_json(seals))
                if sample is not None:
                    live.beside(model.name, version, SAMPLE).write_bytes(sample)
                write_json(live.record(model.name, version), as_json(model))
            except BaseException:
                remove_tree(home)
                for end in (RECORD, FILES, SAMPLE):
                    live.beside(model.name, version, end).unlink(missing_ok=True)
                raise
            return model

    def _refuse_taken(self, name: str, version: str) -> None:
        if self.layout.live.record(name, version).is_file():
            raise VersionTaken(
                t("The model {0} {1} is registered already, and versions never change.", name, version),
                t("Register it as a new version."),
            )
        if version in self.layout.taken(name):
            raise VersionTaken(
                t("The model {0} {1} was deleted.", name, version), t("Restore it, or register it as a new version.")
            )

    def _check_deleted(self, name: str, version: str) -> None:
        names.checked_name(name)
        if not self.layout.gone.record(name, names.checked_version(version)).is_file():
            raise ModelNotFound(
                t("There is no deleted model {0} {1}.", name, version), t("See 'scoredock model list --deleted'.")
            )

    def _seals(self, model: RegisteredModel) -> tuple[Sealed, ...]:
        return read_seals(model, self.layout.live.beside(model.name, model.version, FILES))

    def _missing(self, name: str, version: str | None) -> ModelNotFound:
        if version is not None and version in self.layout.gone.versions(name):
            restore = t("'scoredock model restore {0}:{1}' brings it back.", name, version)
            return ModelNotFound(t("The model {0} {1} was deleted.", name, version), restore)
        known = sorted(self.layout.live.versions(name), key=names.order)
        if known:
            return ModelNotFound(
                t("The model {0} has no version {1}.", name, version), t("Registered are {0}.", ", ".join(known[-5:]))
            )
        return ModelNotFound(
            t("No model '{0}' is registered in {1}.", name, self.root), t("Register it with 'scoredock model register'.")
        )


def _has(given: Mapping[str, str], wanted: Mapping[str, str | None]) -> bool:
    return all(key in given and (value is None or given[key] == value) for key, value in wanted.items())


def _take_place(made: Path, target: Path) -> None:
    """Rename over what is there; a folder that is there goes aside first, since it cannot be replaced."""
    if target.is_dir() and not target.is_symlink():
        target.rename(made.parent / ".replaced")
    made.replace(target)
