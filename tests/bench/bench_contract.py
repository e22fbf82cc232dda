"""The contract on one text and on many files, beside `ast.parse` and `ruff check`."""

from __future__ import annotations

import ast
import gc
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from scoredock.contract.check import check
from tests.bench.bench_check import seconds
from tests.bench.rounds import Contestants, Row

WORKING = Path(__file__).parents[1] / "contract" / "working"
HELPER = '''

def helper_{number}(rows, factor=3):
    """What a long script is made of."""
    total = 0
    for index, row in enumerate(rows):
        if row.get("skip") is None:
            continue
        total += row["value"] * factor + index
    values = [value ** 2 for value in range(total) if value > 0]
    try:
        result = np.array(values).reshape(1, -1)
    except ValueError as error:
        raise RuntimeError(f"bad rows: {{error}}") from error
    return {{"total": total, "result": result.tolist()}}
'''


def sixty_lines() -> str:
    text = (WORKING / "split_into_functions.py").read_text(encoding="utf-8")
    return text + "\n" * max(0, 60 - text.count("\n"))


def two_thousand_lines() -> str:
    """A working script with many helpers, each of which `run` calls: all of it is followed."""
    head = (WORKING / "plain_sklearn.py").read_text(encoding="utf-8")
    count = 2000 // HELPER.count("\n")
    calls = "".join(f"    helper_{number}(data)\n" for number in range(count))
    return head.replace("    result = model", calls + "    result = model") + "".join(
        HELPER.format(number=number) for number in range(count)
    )


def timed(work: Callable[[], object], times: int) -> float:
    """Seconds of one call. Without the garbage collector, as timeit has it: when it runs depends on what came before, so it hit
    now us and now the peer, for a tenth of a second."""
    gc.collect()
    gc.disable()
    try:
        started = time.perf_counter()
        for _ in range(times):
            work()
        return (time.perf_counter() - started) / times
    finally:
        gc.enable()


def parse_and_walk(text: str) -> None:
    for _ in ast.walk(ast.parse(text)):
        pass


@contextmanager
def short() -> Iterator[Contestants]:
    text, path = sixty_lines(), Path("score.py")
    yield Contestants(ours=lambda: 1000 * timed(lambda: check(text, path), 10))


@contextmanager
def short_against_parsing() -> Iterator[Contestants]:
    text, path = sixty_lines(), Path("score.py")
    yield Contestants(
        ours=lambda: 1000 * timed(lambda: check(text, path), 10), peer=lambda: 1000 * timed(lambda: ast.parse(text), 10)
    )


@contextmanager
def long() -> Iterator[Contestants]:
    text, path = two_thousand_lines(), Path("score.py")
    yield Contestants(
        ours=lambda: 1000 * timed(lambda: check(text, path), 1), peer=lambda: 1000 * timed(lambda: parse_and_walk(text), 1)
    )


def three_hundred(folder: Path) -> None:
    scripts = [path.read_text(encoding="utf-8") for path in sorted(WORKING.glob("*.py"))]
    for number in range(300):
        place = folder / f"service{number:03}"
        place.mkdir()
        (place / "score.py").write_text(f"# {number}\n{scripts[number % len(scripts)]}", encoding="utf-8")


@contextmanager
def many() -> Iterator[Contestants]:
    with tempfile.TemporaryDirectory() as name:
        three_hundred(Path(name))
        yield Contestants(ours=lambda: seconds([sys.executable, "-m", "scoredock", "check", name]))


@contextmanager
def many_against_ruff() -> Iterator[Contestants]:
    with tempfile.TemporaryDirectory() as name:
        three_hundred(Path(name))

        def ruff() -> float:
            started = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "ruff", "check", "--no-cache", "--isolated", "--exit-zero", name],
                check=True,
                capture_output=True,
            )
            return time.perf_counter() - started

        yield Contestants(ours=lambda: seconds([sys.executable, "-m", "scoredock", "check", name]), peer=ruff)


ROWS = [
    Row("analysis of a 60-line script", "ms", short, bar=3.0),
    Row(
        "analysis of a 60-line script beside ast.parse", "ms", short_against_parsing, bar=12.0, peer="ast.parse of the same text"
    ),
    Row("analysis of 2,000 lines", "ms", long, bar=2.5, peer="ast.parse + one ast.walk"),
    Row("check 300 scripts, whole process", "s", many, bar=1.5, rounds=9),
    Row("check 300 scripts beside ruff", "s", many_against_ruff, bar=40.0, rounds=9, peer="ruff check, no cache"),
]
