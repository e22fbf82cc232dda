"""What scripts give to `Model`, as the registry takes it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scoredock.api.exceptions import UserErrorException, WebserviceException

if TYPE_CHECKING:
    from scoredock.api.workspace import Workspace


@contextmanager
def chosen(path: Path, children: Sequence[Any] | None) -> Iterator[Path]:
    """The model's folder with only some of its files, where some were chosen."""
    if not children:
        yield path
        return
    if not path.is_dir():
        raise WebserviceException(f"child_paths are paths inside a folder, and {path} is none.")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, path.resolve().name)
        for child in children:
            source = (path / child).resolve()
            if not source.is_relative_to(path.resolve()) or not source.exists():
                raise WebserviceException(f"There is no {child} in {path}.")
            target = folder / source.relative_to(path.resolve())
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(source)
        yield folder


def wanted(filters: Any) -> dict[str, str | None]:
    """``["key", ["key2", "value"]]`` as a mapping; a value of ``None`` need only be there."""
    if filters is None:
        return {}
    if not isinstance(filters, list):
        raise UserErrorException(
            f'Expected tags must be list type. Ex. ["key", ["key2", "key2 value"]]: provided {type(filters)}'
        )
    return {one if isinstance(one, str) else str(one[0]): None if isinstance(one, str) else str(one[1]) for one in filters}


def texts(given: Any, what: str) -> dict[str, str]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise WebserviceException(f"{what} must be a dict")
    return {str(key): value if isinstance(value, str) else str(value) for key, value in given.items()}


def known(workspace: Workspace) -> str:
    names = sorted({model.name for model in workspace._registry.models()})
    return f"Registered here are: {', '.join(names[:10])}." if names else "None is registered here: use Model.register."
