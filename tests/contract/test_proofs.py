"""Every rule's prediction comes true under the real server; its mended twin and its near misses work there and are silent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scoredock.contract.check import check, load_rules
from scoredock.finding import Finding, Severity
from tests.contract.applying import apply
from tests.contract.cases import answers, requests, starting
from tests.contract.cases.case import EXIT, FAILS, Case
from tests.contract.conftest import Served, Zygote

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(os.name == "nt", reason="the server's application is forked"),
]

CASES = (*starting.CASES, *requests.CASES, *answers.CASES)
NEAR = [pytest.param(case, text, id=f"{case}-{number}") for case in CASES for number, text in enumerate(case.near)]

# Proven elsewhere: they need files around the script, or nothing but the text.
ELSEWHERE = {"SD100", "SD303", "SD402", "SD405"}


def findings_of(text: str, case: Case) -> list[Finding]:
    return [finding for finding in check(text, Path("score.py")) if finding.code == case.rule]


def works(served: Served) -> None:
    assert served.exit is None, served.log[-2000:]
    assert served.health == 200
    assert [answer["status"] for answer in served.answers] == [200], served.log[-2000:]


def holds(expected: str, served: Served) -> None:
    if expected == EXIT:
        assert served.exit == 3, served
    elif expected == FAILS:
        assert served.exit is None, served.log[-2000:]
        assert served.health == 200
        assert served.answers[0]["status"] == 500
    else:
        assert served.answers[0]["status"] == 200
        assert served.answers[0]["body"] == expected


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_a_finding_predicts_comes_true(case: Case, zygote: Zygote) -> None:
    found = findings_of(case.bad, case)
    assert found, check(case.bad, Path("score.py"))
    assert found[0].severity.value == case.severity
    holds(case.expect, zygote.serve(case.bad, case.request, kind=case.type, files=case.files))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_mended_twin_is_silent_and_works(case: Case, zygote: Zygote) -> None:
    assert not findings_of(case.mended, case)
    assert not [finding for finding in check(case.mended, Path("score.py")) if finding.severity is Severity.ERROR]
    works(zygote.serve(case.mended, case.request, kind=case.type, files=case.files))


@pytest.mark.parametrize(("case", "text"), NEAR)
def test_near_misses_are_silent_and_work(case: Case, text: str, zygote: Zygote) -> None:
    assert not findings_of(text, case)
    assert not [finding for finding in check(text, Path("score.py")) if finding.severity is Severity.ERROR]
    request = '{"data": "[1]"}' if "ParameterType('text')" in text else case.request if "'rows'" in text else '{"data": [[1, 2]]}'
    works(zygote.serve(text, request, kind=case.type, files=case.files))


@pytest.mark.parametrize("case", [case for case in CASES if case.fixed], ids=str)
def test_a_fixed_script_is_silent_and_works(case: Case, zygote: Zygote) -> None:
    text = case.bad
    for _ in range(5):
        found = findings_of(text, case)
        if not found:
            break
        assert found[0].fix is not None
        text = apply(text, found[0].fix)
    assert not findings_of(text, case)
    assert not [finding for finding in check(text, Path("score.py")) if finding.severity is Severity.ERROR]
    works(zygote.serve(text, case.request, kind=case.type, files=case.files))


def test_every_rule_has_a_proof() -> None:
    proven = {case.rule for case in CASES} | ELSEWHERE
    assert {loaded.rule.code for loaded in load_rules()} == proven
