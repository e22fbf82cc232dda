"""The keys of deployment files, as data: for checking, and for hover and completion in editors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from scoredock.l10n import t

_FILE = Path(__file__).parent / "deployment_keys.yml"


@dataclass(frozen=True, slots=True)
class Key:
    """One key: see the head of `deployment_keys.yml` for what each field means."""

    name: str
    types: tuple[str, ...]
    english: str
    required: bool | str = False
    elsewhere: str | None = None
    values: tuple[str, ...] = ()
    camel: bool = False
    only_for: str | None = None
    with_type: str | None = None
    ignored: bool = False
    default: str | None = None

    @property
    def doc(self) -> str:
        """What it is, in a sentence or two, in the reader's language."""
        return t(self.english)

    @property
    def section(self) -> str | None:
        """The section that its value is a mapping of, if it can be one."""
        return next((name for name in self.types if name in sections()), None)


Section = dict[str, Key]


@cache
def sections() -> dict[str, Section]:
    """All sections by name; ``deployment`` is the file itself."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    written = yaml.load(_FILE.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - both loaders are safe ones
    return {name: {key: _key(key, fields) for key, fields in keys.items()} for name, keys in written.items()}


def _key(name: str, fields: dict[str, Any]) -> Key:
    types = fields["type"]
    return Key(
        name,
        (types,) if isinstance(types, str) else tuple(types),
        fields["doc"],
        required=fields.get("required", False),
        elsewhere=fields.get("elsewhere"),
        values=tuple(fields.get("values", ())),
        camel=fields.get("camel", False),
        only_for=fields.get("for"),
        with_type=fields.get("with"),
        ignored=fields.get("ignored", False),
        default=fields.get("default"),
    )


def section_of(path: tuple[str, ...]) -> Section | None:
    """The section at a path of keys from the top of a deployment file, such as ``("model",)``."""
    kind = "deployment"
    for step in path:
        if kind.startswith("map of "):
            kind = kind.removeprefix("map of ")
            continue
        key = sections().get(kind, {}).get(step)
        if key is None:
            return None
        kind = next((name for name in key.types if name in sections() or name.startswith("map of ")), "")
    return sections().get(kind)
