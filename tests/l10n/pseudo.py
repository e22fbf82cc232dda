"""A language that shows what is said in it, and what is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from scoredock import l10n
from scoredock.finding import Finding


class Pseudo(Mapping[str, str]):
    """A language in which every text stands between marks, and has capitals where English has none."""

    def __getitem__(self, text: str) -> str:
        return f"«{text.swapcase()}»"

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def outside_marks(text: str) -> str:
    """What of a text was not said through `t`."""
    depth, left = 0, ""
    for character in text:
        depth -= character == "»"
        left += character if depth == 0 else ""
        depth += character == "«"
    return "".join(character for character in left if character.isalnum())


def sentences(finding: Finding) -> list[str]:
    return [finding.message, *(sentence for _, sentence in finding.related), *([finding.fix.title] if finding.fix else [])]


def untold(finding: Finding) -> tuple[Any, ...]:
    """A finding without its sentences."""
    fix = finding.fix.edits if finding.fix else None
    return finding.place, finding.code, finding.name, finding.severity, fix, [place for place, _ in finding.related]


def check(find: Callable[[], Sequence[Finding]]) -> None:
    """What is found is the same in every language, and all that is said of it is said in the language."""
    l10n.choose(None)
    english = find()
    l10n.speak("pseudo", Pseudo())
    pseudo = find()
    assert english
    assert [untold(finding) for finding in pseudo] == [untold(finding) for finding in english]
    said = [sentence for finding in pseudo for sentence in sentences(finding)]
    assert {sentence for sentence in said if outside_marks(sentence)} == set()
