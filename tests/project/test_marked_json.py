"""The JSON reader reads what Python's `json` reads, and keeps places."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from scoredock.project.marked import Mapping, Marked, Scalar, Sequence
from scoredock.project.marked_json import read_json

FILE = Path("inferenceconfig.json")


def plain(node: Marked | None) -> object:
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node]
    assert isinstance(node, Mapping)
    return {entry.key.text: plain(entry.value) for entry in node.entries}


def test_every_value_knows_its_place() -> None:
    document = read_json('\ufeff{\r\n\t"a": "x\\u00e9\\ud83d\\ude00",\r\n  "b": [1, -2.5e3, null]\r\n}', FILE)
    assert plain(document.root) == {"a": "xé😀", "b": [1, -2500.0, None]}
    assert isinstance(document.root, Mapping)
    first, second = document.root.entries
    assert (first.key.place.line, first.key.place.column, first.value.place.column) == (2, 2, 7)
    assert isinstance(second.value, Sequence)
    assert [(item.place.line, item.place.column, item.place.end_column) for item in second.value] == [
        (3, 9, 10),
        (3, 12, 18),
        (3, 20, 24),
    ]


@pytest.mark.parametrize(
    ("text", "place", "word"),
    [
        ('{"a": 1,}', (1, 9), "key"),
        ("{'a': 1}", (1, 2), "double quotes"),
        ('{"a" 1}', (1, 6), "':'"),
        ('{"a": 1\n "b": 2}', (2, 2), "','"),
        ('{"a": [1, 2}', (1, 12), "']'"),
        ('{"a": tru}', (1, 7), "value"),
        ('{"a": "x', (1, 7), "nterminated"),
        ('{"a": 1} x', (1, 10), "after the end"),
        ('{"a": "\t"}', (1, 8), "control character"),
        ("[" * 200, (1, 102), "nested"),
        ("// no\n{}", (1, 1), "value"),
    ],
)
def test_what_is_no_json_is_said_at_its_place(text: str, place: tuple[int, int], word: str) -> None:
    (problem,) = read_json(text, FILE).problems
    assert (problem.place.line, problem.place.column) == place and word in problem.message


def test_templates_and_keys_written_twice() -> None:
    document = read_json('{"a": {{NUMBER}}, "b": "{{ name }}", "a": 2}', FILE)
    assert [problem.kind for problem in document.problems] == ["duplicate-key"]
    assert plain(document.root) == {"b": "{{ name }}", "a": 2}
    assert read_json("", FILE).root is None and read_json(" \n", FILE).problems == ()


def test_random_edits_are_judged_as_python_judges_them() -> None:
    seed = '{"a": [1, 2.5, -3e2, true, null, "x\\n\\u0041"], "b": {"c": "d", "e": {}}, "f": []}'
    chance = random.Random(3)  # noqa: S311 - repeatable, not secret
    for _ in range(4000):
        text = seed
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(text))
            text = (
                text[:at]
                + chance.choice(["", ",", '"', "}", "[", "\\", "0", "-", "e", ":", " ", "\t", "é"])
                + text[at + chance.randint(0, 2) :]
            )
        try:
            expected = json.loads(text)
        except ValueError:
            assert not read_json(text, FILE).readable or read_json(text, FILE).root is None, text
        else:
            assert plain(read_json(text, FILE).root) == expected, text
