"""Working scripts get no error, and nearly every way of breaking them is found: at least 95 in 100, for each rule too."""

from __future__ import annotations

import ast
import os
from collections import Counter
from pathlib import Path

import pytest

from scoredock.contract.check import check
from scoredock.finding import Severity
from tests.contract.conftest import Zygote
from tests.contract.mutations import MUTATIONS

WORKING = sorted((Path(__file__).parent / "working").glob("*.py"))
ENOUGH = 0.95


@pytest.mark.parametrize("path", WORKING, ids=lambda path: path.stem)
def test_a_working_script_gets_no_error_or_warning(path: Path) -> None:
    found = check(path.read_text(encoding="utf-8"), Path("score.py"))
    assert [finding for finding in found if finding.severity is not Severity.INFORMATION] == []


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="the server's application is forked")
@pytest.mark.parametrize("path", WORKING, ids=lambda path: path.stem)
def test_they_do_work(path: Path, zygote: Zygote) -> None:
    served = zygote.serve(path.read_text(encoding="utf-8"), '{"data": [[1, 2], [3, 4]]}')
    assert served.exit is None, served.log[-2000:]
    assert served.answers[0]["status"] == 200, served.log[-2000:]


def broken() -> list[tuple[str, str, str]]:
    """(code, name of the script, broken text) for every way of breaking every script."""
    texts: list[tuple[str, str, str]] = []
    for path in WORKING:
        text = path.read_text(encoding="utf-8")
        for code, mutation in MUTATIONS:
            for new in mutation(text):
                if new != text and (code == "SD101" or _parses(new)):
                    texts.append((code, path.stem, new))
    return texts


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def test_nearly_every_break_is_found() -> None:
    made: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    examples: list[str] = []
    for code, name, text in broken():
        made[code] += 1
        if code not in {finding.code for finding in check(text, Path("score.py"))}:
            missed[code] += 1
            examples.append(f"{code} in {name}")
    assert made.total() > 220
    assert {code for code, _ in MUTATIONS} == set(made)
    assert missed.total() <= (1 - ENOUGH) * made.total(), examples
    assert all(missed[code] <= max(1, (1 - ENOUGH) * made[code]) for code in made), examples


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="the server's application is forked")
@pytest.mark.timeout(300)
def test_an_error_on_a_broken_script_comes_true(zygote: Zygote) -> None:
    """One break of each kind in each second script: where we say error, the server exits or the request fails."""
    seen: set[tuple[str, str]] = set()
    wrong: list[str] = []
    for code, name, text in broken()[::2]:
        if (code, name) in seen or code in ("SD102", "SD103", "SD101"):
            continue
        seen.add((code, name))
        errors = [finding.code for finding in check(text, Path("score.py")) if finding.severity is Severity.ERROR]
        if not errors:
            continue
        served = zygote.serve(text, '{"data": [[1, 2], [3, 4]]}', '{"data": [[1, 2]], "options": {"proba": true}}')
        if served.exit is None and all(answer["status"] == 200 for answer in served.answers):
            wrong.append(f"{errors} in {name} broken as {code}: {served.answers}")
    assert not wrong, wrong
