"""Each rule has one page, which `--explain`, hover and the links all show."""

import ast
import re

import pytest

from scoredock.contract.check import load_rules
from scoredock.contract.explain import PAGES, codes, explain, link, summary


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
