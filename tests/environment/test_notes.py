"""What is said of an environment is kept in no language, and read in anybody's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from scoredock import l10n
from scoredock.environment import store
from scoredock.environment.values import Note

WHY = Note("the channel {0} cannot be reached", ("https://conda.example",), opens=True)
NOTE = Note("{0}, so conda packages were taken from PyPI.", (WHY,))


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    yield
    l10n.choose(None)


def keep(notes: list[object]) -> store.Record | None:
    record = store.Record("k", "k-1", "bin/python", "lib", "3.11.7", "mapped", None, False, (), (), "conda.yml", 0.0)
    store.root().mkdir(parents=True, exist_ok=True)
    (store.root() / "k.json").write_text(json.dumps(asdict(record) | {"notes": notes}), encoding="utf-8")
    return store.read_record("k")


def test_a_note_is_read_in_another_language_than_it_was_kept_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCOREDOCK_HOME", str(tmp_path))
    english = "The channel https://conda.example cannot be reached, so conda packages were taken from PyPI."
    assert str(NOTE) == english
    l10n.speak("de", {WHY.text: "der Kanal {0} fehlt", NOTE.text: "{0}: alles kommt von PyPI."})
    kept = keep([asdict(NOTE), "A whole sentence, {0} and all."])
    assert kept is not None
    assert [str(note) for note in kept.notes] == [
        "Der Kanal https://conda.example fehlt: alles kommt von PyPI.",
        "A whole sentence, {0} and all.",
    ]
    l10n.choose(None)
    assert str(kept.notes[0]) == english


@pytest.mark.parametrize("note", [{"text": "no values"}, 3, ["a", "b"]])
def test_a_record_with_other_notes_is_no_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, note: object) -> None:
    monkeypatch.setenv("SCOREDOCK_HOME", str(tmp_path))
    assert keep([note]) is None
