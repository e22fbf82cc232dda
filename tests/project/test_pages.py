"""Every code that this room says has its page, under the name the finding carries."""

from __future__ import annotations

import pytest

from scoredock.contract.explain import explain
from scoredock.project.said import NAMES


@pytest.mark.parametrize("code", sorted(NAMES))
def test_each_code_has_a_page(code: str) -> None:
    page = explain(code)
    assert page is not None
    assert page.splitlines()[0] == f"# {code} {NAMES[code]}"
