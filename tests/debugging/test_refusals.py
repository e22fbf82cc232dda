"""The refusals of a service in the reader's language: its runtime says them in English and knows of no other."""

from pathlib import Path

from scoredock import runtime
from scoredock.debugging.workers import REFUSALS


def test_the_list_has_what_the_runtime_says() -> None:
    said = "".join(file.read_text(encoding="utf-8") for file in Path(runtime.__file__).parent.glob("*.py"))
    for refusal in REFUSALS:
        assert f'"{refusal.removeprefix("Busy: ")}"' in said
