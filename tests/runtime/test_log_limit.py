"""A script that writes without end does not fill the disk, and nobody who reads the log is disturbed."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from tests.runtime.launched import launched

from scoredock.hosting import logs
from scoredock.runtime import log_limit

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

LIMIT = 2_000_000
SHOUTING = """\
import sys


def init():
    pass


def run(raw_data):
    for number in range(int(raw_data)):
        sys.stderr.write("%08d %s\\n" % (number, "x" * 90))
    return "done"
"""


async def test_the_older_part_goes_and_a_follower_misses_nothing(python: Path, code: Path, folder: Path) -> None:
    (code / "score.py").write_text(SHOUTING, encoding="utf-8")
    with launched(python, code, folder, told={"log_limit": LIMIT}) as service:
        log, over = folder / "log", asyncio.Event()
        numbers: list[int] = []

        async def follow() -> None:
            async for batch in logs.read(log, last=None, follow=lambda: not over.is_set()):
                numbers.extend(int(line.text[:8]) for line in batch if line.text.endswith("x" * 90))

        following = asyncio.create_task(follow())
        for _ in range(12):
            numbers.clear()
            assert await asyncio.to_thread(service.score, "5000") == "done"  # half a megabyte
            limit = time.monotonic() + 60
            while len(numbers) < 5000:
                assert time.monotonic() < limit, len(numbers)
                await asyncio.sleep(0.02)
            assert numbers == list(range(5000))
        while log.stat().st_blocks * 512 > LIMIT:
            assert time.monotonic() < limit, log.stat()
            await asyncio.sleep(0.02)
        over.set()
        await following
    kept = [line.text async for batch in logs.read(log, last=None, follow=None) for line in batch]
    assert 5000 < len(kept) < 30000 and not any("\0" in text for text in kept), "whole lines, no hole"
    assert logs.tail(log, 1_000_000) == kept


async def test_a_reader_whose_place_has_gone_goes_on_with_what_is_there(tmp_path: Path) -> None:
    log = tmp_path / "log"
    text = "".join(f"{number:08d} {'x' * 90}\n" for number in range(60_000)).encode()
    log.write_bytes(text)
    batches = logs.read(log, last=None, follow=None)
    assert (await anext(batches))[0].text.startswith("00000000")
    with log.open("ab") as file:
        log_limit.keep_within(file.fileno(), 2_000_000)
    rest = [line.text async for batch in batches for line in batch]
    assert rest[-1].startswith("00059999") and not any("\0" in line for line in rest)
    assert len(rest) < 59_000
