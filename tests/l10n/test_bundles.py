"""A language is said wholly: its bundle has every text of the house, with every place for a value, and no text that is gone."""

import json
import re
from collections import Counter

import pytest

from scoredock.l10n import BUNDLES

from .catalogue import texts

LANGUAGES = sorted(bundle.stem for bundle in BUNDLES.glob("*.json"))
PLACE = re.compile(r"\{\d+\}")
CODE = re.compile(r"`[^`]*`")


def bundle(language: str) -> dict[str, str]:
    read: dict[str, str] = json.loads((BUNDLES / f"{language}.json").read_text(encoding="utf-8"))
    return read


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_there_and_no_other(language: str) -> None:
    house, said = set(texts()), set(bundle(language))
    assert not house - said, "`python -m tests.l10n.catalogue LANGUAGE` lists what is missing"
    assert not said - house


@pytest.mark.parametrize("language", LANGUAGES)
def test_values_and_code_stand_in_the_translation_too(language: str) -> None:
    for text, said in bundle(language).items():
        assert set(PLACE.findall(said)) == set(PLACE.findall(text)), text
        assert Counter(CODE.findall(said)) == Counter(CODE.findall(text)), text
        assert said.strip(), text
        assert (said[0] == " ", said[-1] == " ") == (text[0] == " ", text[-1] == " "), text
