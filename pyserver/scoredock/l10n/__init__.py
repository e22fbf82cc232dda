"""Texts in the language of whoever reads them.

The English text stands in the code, where it can be read and searched, and is the key of its translations: one JSON
file for each language beside this one (``cs.json``), English to translated, in the form of VS Code's own bundles.
What has no translation stays English. Only the language server changes the language, once, when the editor says which.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

BUNDLES = Path(__file__).parent
ENGLISH = "en"
T = TypeVar("T", str, dict[str, str])

_PLACE = re.compile(r"\{(\d+)\}")
_language = ENGLISH
_bundle: Mapping[str, str] = {}


def t(text: str, *values: object) -> str:
    """The text in the language that was chosen, with ``{0}``, ``{1}`` … replaced by the values.

    Other braces stay as they are: sentences speak of ``{"data": ...}``. To be called when the text is made, not when a module
    is imported, because the language is chosen later (see ``deferred``).
    """
    said = _bundle.get(text, text)
    return _PLACE.sub(lambda place: str(values[int(place[1])]), said) if values else said


def deferred(texts: T) -> T:
    """A text, or a table whose values are texts, that is made on import: marked for the catalogue here, and put through ``t``
    where it is used."""
    return texts


def language() -> str:
    """The language that texts are in, such as ``cs``."""
    return _language


def languages() -> list[str]:
    """All that there are texts in."""
    return sorted([ENGLISH, *(bundle.stem for bundle in BUNDLES.glob("*.json"))])


def choose(locale: str | None) -> None:
    """Speak the language of a locale (``cs``, ``cs-CZ``, ``cs_CZ.UTF-8``), or English where there is no bundle for it."""
    wanted = re.split(r"[-_.@]", (locale or ENGLISH).lower())[0]
    if wanted in languages() and wanted != ENGLISH:
        speak(wanted, json.loads((BUNDLES / f"{wanted}.json").read_text(encoding="utf-8")))
    else:
        speak(ENGLISH, {})


def speak(chosen: str, bundle: Mapping[str, str]) -> None:
    """Speak a language whose texts are given."""
    global _language, _bundle
    _language, _bundle = chosen, bundle
