"""The log of a process that goes on writing while it is read."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from scoredock.hosting import logs


async def texts(path: Path, last: int | None) -> list[str]:
    return [line.text async for batch in logs.read(path, last=last, follow=None) for line in batch]


@pytest.mark.parametrize(
    ("written", "last", "expected"),
    [
        (b"one\ntwo\nthree\n", 2, ["two", "three"]),
        (b"one\ntwo\nthr", 2, ["two", "thr"]),
        (b"one\ntwo\n\n\n\n", 2, ["one", "two"]),
        (b"one\r\ntwo\r\n", 1, ["two"]),
        (b"one\n", 5, ["one"]),
        (b"one\n", 0, []),
        (b"", 3, []),
    ],
)
async def test_the_last_lines(tmp_path: Path, written: bytes, last: int, expected: list[str]) -> None:
    log = tmp_path / "log"
    log.write_bytes(written)
    assert await texts(log, last) == logs.tail(log, last) == expected


async def test_the_last_lines_of_many_megabytes(tmp_path: Path) -> None:
    log = tmp_path / "log"
    lines = [f"{number:08d} {'x' * 90}" for number in range(50_000)]
    log.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert await texts(log, 30_000) == logs.tail(log, 30_000) == lines[-30_000:]


async def test_a_line_that_is_half_written_comes_once_and_whole(tmp_path: Path) -> None:
    log, over = tmp_path / "log", False
    log.write_bytes(b"one\ntwo\nthr")
    batches = logs.read(log, last=2, follow=lambda: not over, pause=0.01)
    assert [line.text for line in await anext(batches)] == ["two"]
    with log.open("ab") as file:
        file.write(b"ee\n")
    over = True
    assert [line.text async for batch in batches for line in batch] == ["three"]


async def test_what_is_written_while_the_end_is_looked_for_comes_once(tmp_path: Path) -> None:
    # Continuous integration once got six lines for ``last=5``: the sixth was written between two looks at the file's length,
    # and whoever followed the log saw it twice.
    log, over = tmp_path / "log", threading.Event()
    log.write_text("".join(f"{number}\n" for number in range(10)), encoding="utf-8")

    def write() -> None:
        with log.open("ab", buffering=0) as file:
            number = 10
            while not over.is_set():
                file.write(b"%d\n" % number)
                number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(20):
            assert len(await texts(log, 5)) == 5
            batches = logs.read(log, last=5, follow=lambda: True, pause=0.01)
            seen: list[int] = []
            async for batch in batches:
                seen.extend(int(line.text) for line in batch)
                if len(seen) > 10:
                    break
            assert seen == list(range(seen[0], seen[0] + len(seen)))
            await asyncio.sleep(0)
    finally:
        over.set()
        writer.join()
