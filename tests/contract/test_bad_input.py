"""Whatever the text is: no crash, no second spent, the same answer twice."""

from __future__ import annotations

import ast
import logging
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scoredock.contract import check as door
from scoredock.contract.check import check, load_rules
from scoredock.contract.parse import LARGEST
from scoredock.finding import Finding
from tests.contract.cases import answers, requests, starting

TEXTS = sorted({case.bad for case in (*starting.CASES, *requests.CASES, *answers.CASES)})


def codes(text: str) -> list[str]:
    return [finding.code for finding in check(text, Path("score.py"))]


def within(text: str, finding: Finding) -> None:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    places = [
        finding.place,
        *(place for place, _ in finding.related),
        *(e.place for e in (finding.fix.edits if finding.fix else ())),
    ]
    for place in places:
        assert 1 <= place.line <= len(lines)
        assert place.line <= place.end_line <= len(lines) + 1
        assert 1 <= place.column <= len(lines[place.line - 1]) + 1
        assert (place.line, place.column) <= (place.end_line, place.end_column)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000,
        "x = " + "[" * 10_000 + "]" * 10_000,
        "x = " + "-" * 50_000 + "1",
        "x = " + "a." * 5_000 + "a",
        "x = " + "1+" * 20_000 + "1",
        "if 1:\n" * 3 + "".join(" " * depth + "if 1:\n" for depth in range(1, 99)),
        "\0",
        "def run(data):\n    return '\0'\n",
        "\ufeffx = 1\n",
        "x = '\ud800'\n",
        "print 'hello'\n",
        "exec 'x'\n",
        "\x0c\n\x0bx = 1",
        "é = 'ü'\n" * 100,
        "\t" * 1000,
        "#" * 900_000,
        "'''" * 1001,
        "lambda: " * 3000 + "1",
        "f'{" * 200,
        "x: int = " + "(" * 150 + "1" + ")" * 150,
        "match x:\n    case [a, *b] | {**c} | A(d=e) | 1 as f:\n        pass\n",
    ],
    ids=lambda text: repr(text[:20]),
)
def test_strange_texts(text: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        assert codes(text) == codes(text)
    assert not caplog.records
    for finding in check(text, Path("score.py")):
        within(text, finding)


def test_a_huge_file_is_said_to_be_unchecked_and_not_parsed() -> None:
    started = time.monotonic()
    (finding,) = check("x = 1\n" * LARGEST, Path("score.py"))
    assert (finding.code, finding.severity.value) == ("SD100", "information")
    assert time.monotonic() - started < 5


def test_a_broken_statement_does_not_silence_the_rest() -> None:
    text = "import joblib\n\nx = = 1\n\n\ndef init(context):\n    pass\n\n\ndef run(data, more):\n    return 1\n"
    assert codes(text) == ["SD101", "SD104", "SD201"]


def test_windows_line_ends_and_wide_characters_keep_places_right() -> None:
    text = "import joblib\r\n# žluťoučký 🐎\r\ndef init():\r\n    pass\r\ndef run(data):\r\n    s = '🐎'; return {1}\r\n"
    (finding,) = check(text, Path("score.py"))
    assert (finding.place.line, finding.place.column, finding.place.end_column) == (6, 21, 24)


def test_a_crash_in_one_rule_silences_only_that_one(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def crash(script: object) -> list[Finding]:
        raise ZeroDivisionError

    rules = load_rules()
    broken = tuple(loaded._replace(check=crash) if loaded.rule.code == "SD104" else loaded for loaded in rules)
    monkeypatch.setattr(door, "load_rules", lambda: broken)
    text = "import joblib\ndef init(x):\n    pass\ndef run(data, more):\n    return 1\n"
    assert codes(text) == ["SD201"]
    assert "SD104" in caplog.text


def test_comments_silence_what_they_name() -> None:
    text = "import json\ndef init():\n    pass\ndef run(data):\n    return json.dumps(1){}\n"
    assert codes(text.format("")) == ["SD301"]
    assert codes(text.format("  # scoredock: ignore[SD301]")) == []
    assert codes(text.format("  # scoredock: ignore[result-encoded-twice, SD302]")) == []
    assert codes(text.format("  # scoredock: ignore")) == []
    assert codes(text.format("  # scoredock: ignore[SD302]")) == ["SD301"]
    assert codes(text.format("  # scoredock:") + "# scoredock: ignore-file[SD301]\n") == []
    assert codes(text.format("; x = '# scoredock: ignore'")) == ["SD301"]


edits = st.lists(
    st.tuples(
        st.integers(0, 2000),
        st.integers(0, 60),
        st.sampled_from(["", "(", ")", ":", "\n", "    ", "@", "x", "'", "def ", "\t", "é"]),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=st.sampled_from(TEXTS), changes=edits)
def test_random_edits_never_raise_and_say_the_same_twice(text: str, changes: list[tuple[int, int, str]]) -> None:
    for position, length, new in changes:
        start = position % (len(text) + 1)
        text = text[:start] + new + text[start + length :]
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append  # type: ignore[method-assign]
    logger = logging.getLogger("scoredock.contract.check")
    logger.addHandler(handler)
    try:
        started = time.monotonic()
        first = check(text, Path("score.py"))
        assert time.monotonic() - started < 1
        assert first == check(text, Path("score.py"))
    finally:
        logger.removeHandler(handler)
    assert not records, records[0].getMessage()
    for finding in first:
        within(text, finding)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=400))
def test_any_text_at_all(text: str) -> None:
    for finding in check(text, Path("score.py")):
        within(text, finding)


def test_one_parse_and_one_walk_for_each_text(monkeypatch: pytest.MonkeyPatch) -> None:
    parses: list[str] = []
    real = ast.parse
    monkeypatch.setattr(ast, "parse", lambda *arguments, **options: parses.append("x") or real(*arguments, **options))
    check(TEXTS[0], Path("score.py"))
    assert len(parses) <= 1
