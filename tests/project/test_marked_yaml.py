"""The YAML reader keeps places, and answers any text with findings instead of a traceback."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import yaml

from scoredock.project.marked import Document, Mapping, Scalar, Sequence
from scoredock.project.marked_yaml import read_yaml

FILE = Path("deployment.yml")
LOADERS = [pytest.param(True, id="python"), pytest.param(False, id="libyaml")]
if not hasattr(yaml, "CSafeLoader"):
    LOADERS.pop()


def at(document: Document, *keys: str | int) -> object:
    node = document.root
    for key in keys:
        if isinstance(key, int):
            assert isinstance(node, Sequence)
            node = node.items[key]
        else:
            assert isinstance(node, Mapping)
            node = node.get(key)
    return node


def span(node: object) -> tuple[int, int, int, int]:
    assert isinstance(node, Scalar | Mapping | Sequence)
    return node.place.line, node.place.column, node.place.end_line, node.place.end_column


@pytest.mark.parametrize("pure", LOADERS)
def test_every_value_knows_its_place(pure: bool) -> None:
    text = "é: 'ü'\r\nlist:\r\n  - python=3.10\r\n  - pip:\r\n    - numpy\r\nversion: 1.10\r\n"
    document = read_yaml(text, FILE, pure=pure)
    assert span(at(document, "é")) == (1, 4, 1, 7)
    assert span(at(document, "list", 0)) == (3, 5, 3, 16)
    assert span(at(document, "list", 1, "pip", 0)) == (5, 7, 5, 12)
    assert span(at(document, "list")) == (3, 3, 5, 12)
    version = at(document, "version")
    assert isinstance(version, Scalar) and version.text == "1.10" and version.value == 1.1


@pytest.mark.parametrize("pure", LOADERS)
@pytest.mark.parametrize("written", ["{{NAME}}", "{{ some.name }}-v2", "${{ secrets.KEY }}", '"{{ a: #b }}"', "azureml:{{x}}:1"])
def test_templates_are_read_as_what_they_are(written: str, pure: bool) -> None:
    document = read_yaml(f"name: {written} # why\nnext: 1\n", FILE, pure=pure)
    name = at(document, "name")
    assert isinstance(name, Scalar)
    assert name.placeholder and name.text == written.strip('"')
    assert span(name) == (1, 7, 1, 7 + len(written))
    following = at(document, "next")
    assert isinstance(following, Scalar) and following.value == 1


@pytest.mark.parametrize("pure", LOADERS)
def test_merge_keys_and_aliases_are_resolved_where_they_stand(pure: bool) -> None:
    text = "base: &base {a: 1, b: 2}\nother: &other {b: 5, c: 6}\nuse:\n  <<: [*base, *other]\n  a: 3\nagain: *base\n"
    document = read_yaml(text, FILE, pure=pure)
    use = at(document, "use")
    assert isinstance(use, Mapping)
    values = {entry.key.text: (entry.value.value, entry.merged) for entry in use.entries if isinstance(entry.value, Scalar)}
    assert values == {"a": (3, False), "b": (2, True), "c": (6, True)}
    assert span(at(document, "again", "a")) == (1, 17, 1, 18)


@pytest.mark.parametrize("pure", LOADERS)
def test_of_a_key_written_twice_the_last_counts_and_is_pointed_at(pure: bool) -> None:
    document = read_yaml("a: 1\nb: 2\na: 3\n", FILE, pure=pure)
    value = at(document, "a")
    assert isinstance(value, Scalar) and value.value == 3
    (problem,) = document.problems
    assert (problem.kind, problem.place.line, problem.place.column) == ("duplicate-key", 3, 1)


@pytest.mark.parametrize("pure", LOADERS)
@pytest.mark.parametrize(
    ("text", "place", "word"),
    [
        ("a:\n\tb: 1\n", (2, 1), "tab"),
        ("a: b: c\n", (1, 5), "':'"),
        ("ok: 1\na: [1,\n", (3, 1), "not YAML"),
        ("a: *x\n", (1, 4), "anchor"),
        ("a: &a [*a]\n", (1, 4), "inside the value"),
        ("---\na: 1\n---\nb: 2\n", (3, 1), "more than one"),
        ("? [a]\n: b\n", (1, 3), "single word"),
        ("a: !secret 3\n", (1, 4), "!secret"),
        ("a: 2001-99-99", (1, 4), "quotes"),
        ("a: 1\nb: \x00", (2, 4), "U+0000"),
        ("a: \ud800", (1, 4), "U+D800"),
        ("a: @x", (1, 4), "quotes"),
        ("a: 1\n<<: 3\n", (2, 5), "merge"),
        ("[" * 10_000, (1, 101), "nested"),
        ("- " * 10_000, (1, 201), "nested"),
    ],
)
def test_what_cannot_be_read_is_said_at_its_place(text: str, place: tuple[int, int], word: str, pure: bool) -> None:
    document = read_yaml(text, FILE, pure=pure)
    assert document.root is None and not document.readable
    assert word in document.problems[-1].message
    assert (document.problems[-1].place.line, document.problems[-1].place.column) == place


@pytest.mark.parametrize("pure", LOADERS)
def test_a_few_aliases_cannot_fill_the_memory(pure: bool) -> None:
    lines = ["a: &a [x,x,x,x,x,x,x,x,x,x]"]
    lines += [f"{new}: &{new} [{','.join(['*' + old] * 10)}]" for old, new in zip("abcdefghij", "bcdefghijk", strict=True)]
    assert "aliases" in read_yaml("\n".join(lines), FILE, pure=pure).problems[-1].message


@pytest.mark.parametrize("pure", LOADERS)
def test_quotes_are_told_from_none(pure: bool) -> None:
    document = read_yaml("a: 1\nb: '1'\nc: \"1\"\nd: |\n  1\n", FILE, pure=pure)
    nodes = [at(document, key) for key in "abcd"]
    assert [isinstance(node, Scalar) and node.plain for node in nodes] == [True, False, False, False]


@pytest.mark.parametrize("text", ["", "# only a comment\n", "\ufeff", "---\n"])
def test_an_empty_file_has_nothing_to_say(text: str) -> None:
    document = read_yaml(text, FILE)
    assert document.problems == ()
    assert document.root is None or (isinstance(document.root, Scalar) and document.root.value is None)


def test_random_edits_never_raise_and_both_loaders_agree_on_what_is_readable() -> None:
    seed = "name: &n {{X}}\nmodel:\n  path: ./m\n  tags: {a: 1, 'b': \"c\"}\nlist:\n- a=1.0\n- pip:\n  - b\n<<: {z: 1}\n"
    chance = random.Random(20)  # noqa: S311 - repeatable, not secret
    for _ in range(1500):
        chars = list(seed)
        for _ in range(chance.randint(1, 6)):
            at_ = chance.randrange(len(chars))
            chars[at_ : at_ + chance.randint(0, 3)] = chance.choice(
                ["", ":", "\t", "{", "]", "&a", "*a", "\r", "'", "\n", "{{", "-", "!x ", "|", "é", "\u2028"]
            )
        text = "".join(chars)
        documents = [read_yaml(text, FILE, pure=pure) for pure in (True, False)]
        for document in documents:
            assert document.root is not None or document.problems or not text.strip(), text
            for problem in document.problems:
                assert 1 <= problem.place.line <= text.count("\n") + text.count("\r") + 1
