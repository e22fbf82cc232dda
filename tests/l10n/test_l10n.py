"""Texts in the language of whoever reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoredock import l10n
from scoredock.l10n import t


def test_english_is_what_the_code_says() -> None:
    assert t("The folder {0} holds {1} files.", "models", 3) == "The folder models holds 3 files."


def test_a_bundle_translates_and_may_turn_the_values_around() -> None:
    l10n.speak("de", {"The folder {0} holds {1} files.": "{1} Dateien liegen in {0}."})
    assert t("The folder {0} holds {1} files.", "models", 3) == "3 Dateien liegen in models."
    assert t("The folder {0} is empty.", "models") == "The folder models is empty."


@pytest.mark.parametrize("locale", [None, "", "en", "en-US", "fr", "../cs", "qps-ploc"])
def test_what_has_no_bundle_is_said_in_english(locale: str | None) -> None:
    l10n.choose(locale)
    assert l10n.language() == "en"


@given(st.text(), st.lists(st.text(), max_size=3))
def test_a_value_is_never_read_as_a_text(text: str, values: list[str]) -> None:
    places = "".join(f"<{{{number}}}>" for number in range(len(values)))
    assert t(f'Send {{"data": ...}} {places}', *values) == 'Send {"data": ...} ' + "".join(f"<{value}>" for value in values)
    assert t(text) == text
