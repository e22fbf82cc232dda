"""Each rule has one page, which `--explain`, hover and the links all show."""

import ast
import re

import pytest

from scoredock.contract.check import load_rules
from scoredock.contract.explain import PAGES, codes, explain, link, summary
from scoredock.l10n import ENGLISH, choose, languages

FENCED = re.compile(r"```.*?```", re.DOTALL)
QUOTED = re.compile(r"`[^`]*`")


@pytest.mark.parametrize("loaded", load_rules(), ids=lambda loaded: loaded.rule.code)
def test_a_rule_has_a_page_under_its_own_name(loaded) -> None:
    page = explain(loaded.rule.code)
    assert page is not None
    assert page.splitlines()[0] == f"# {loaded.rule.code} {loaded.rule.name}"
    assert summary(loaded.rule.code)
    assert link(loaded.rule.code)
    assert explain(loaded.rule.name) == page
    assert explain(loaded.rule.code.lower()) == page


def test_the_listed_families_are_complete() -> None:
    listed = {
        f"SD{number}" for number in (*range(101, 115), *range(201, 208), *range(301, 308), *range(401, 410), *range(501, 505))
    }
    assert listed <= set(codes())


def test_unknown_codes_have_no_page() -> None:
    assert explain("SD999") is None
    assert explain("../SD101") is None
    assert link("SD999") is None


@pytest.mark.parametrize("page", sorted(PAGES.glob("SD*.md")), ids=lambda page: page.stem)
def test_examples_on_pages_are_python(page) -> None:
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    if page.stem == "SD101":
        blocks = blocks[1:]
    for block in blocks:
        text = block if not block.startswith("except") else f"try:\n    pass\n{block}"
        text = re.sub(r"^return ", "_ = ", text, flags=re.MULTILINE)
        indented = re.sub(r"^", "    ", text, flags=re.MULTILINE)
        ast.parse(f"async def page():\n{indented}")


LANGUAGES = [language for language in languages() if language != ENGLISH]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", codes())
def test_every_language_has_the_whole_page(code: str, language: str) -> None:
    english = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    translated = (PAGES / language / f"{code}.md").read_text(encoding="utf-8")
    assert translated.splitlines()[0] == english.splitlines()[0]
    assert translated.count("\n\n") == english.count("\n\n")
    assert FENCED.findall(translated) == FENCED.findall(english)
    assert sorted(QUOTED.findall(FENCED.sub("", translated))) == sorted(QUOTED.findall(FENCED.sub("", english)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_shown_in_the_reader_s_language(language: str) -> None:
    english = explain("SD203")
    choose(language)
    try:
        assert explain("SD203") == explain("missing-global") == (PAGES / language / "SD203.md").read_text(encoding="utf-8")
        assert explain("SD203") != english
        assert (link("SD203") or "").endswith(f"/{language}/SD203.md")
        assert summary("SD203") != english
    finally:
        choose(None)
