"""Models: reading big files, registering, listing, and what `import scoredock` costs."""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import joblib
import numpy as np
from sklearn.ensemble import RandomForestClassifier

from scoredock.models.reading import inspect
from scoredock.models.records import as_json
from scoredock.models.registry import Registry
from tests.bench.rounds import Contestants, Row

VERSIONS = 10_000
GIGABYTE = 1024**3


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


@contextmanager
def forest(*, compress: int = 0) -> Iterator[Path]:
    """A forest of 400 MB: one tree grown on labels without a pattern, and copies of it."""
    dice = np.random.default_rng(0)
    model = RandomForestClassifier(1, max_features=1, random_state=0)
    model.fit(dice.random((60_000, 8)).astype("f4"), dice.integers(0, 2, 60_000))
    tree = model.estimators_[0]
    size = tree.tree_.node_count * 80
    model.estimators_ = [copy.deepcopy(tree) for _ in range(400_000_000 // size)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "forest.joblib"
        joblib.dump(model, file, compress=compress)
        del model, tree
        yield file


@contextmanager
def plain_forest() -> Iterator[Contestants]:
    with forest() as file:
        assert inspect(file).complete
        yield Contestants(ours=lambda: timed(lambda: inspect(file)))


def inflate(file: Path) -> None:
    machine = zlib.decompressobj()
    with file.open("rb") as opened:
        while piece := opened.read(64 * 1024):
            machine.decompress(piece)


@contextmanager
def compressed_forest() -> Iterator[Contestants]:
    with forest(compress=3) as file:
        assert inspect(file).complete
        yield Contestants(ours=lambda: timed(lambda: inspect(file)), peer=lambda: timed(lambda: inflate(file)))


# The high water mark of this program alone: what getrusage says includes the process it was forked from.
PEAK = """
import pathlib, re, sys
from scoredock.models.reading import inspect
assert inspect(pathlib.Path(sys.argv[1])).complete
print(int(re.search(r"VmHWM:\\s+(\\d+) kB", pathlib.Path("/proc/self/status").read_text())[1]) / 1024)
"""


@contextmanager
def forest_memory() -> Iterator[Contestants]:
    def peak(file: Path) -> float:
        ran = subprocess.run([sys.executable, "-c", PEAK, str(file)], capture_output=True, text=True, check=True)
        return float(ran.stdout)

    with forest(compress=3) as file:
        yield Contestants(ours=lambda: peak(file))


@contextmanager
def a_gigabyte() -> Iterator[Contestants]:
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "model"
        source.mkdir()
        for number in range(8):
            (source / f"part-{number}.bin").write_bytes(os.urandom(GIGABYTE // 8))

        def ours() -> float:
            registry = Registry(Path(scratch) / "azureml-models")
            seconds = timed(lambda: registry.register(source, "big"))
            shutil.rmtree(registry.root)
            return seconds

        def peer() -> float:
            target = Path(scratch) / "copy"
            started = time.perf_counter()
            subprocess.run(["cp", "-r", str(source), str(target)], check=True)
            subprocess.run(["sha256sum", *map(str, sorted(target.iterdir()))], check=True, stdout=subprocess.DEVNULL)
            seconds = time.perf_counter() - started
            shutil.rmtree(target)
            return seconds

        yield Contestants(ours, peer)


@contextmanager
def many_versions() -> Iterator[Contestants]:
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["SCOREDOCK_HOME"] = scratch
        registry = Registry(Path(scratch) / "azureml-models")
        (Path(scratch) / "model.bin").write_bytes(b"weights")
        first = registry.register(Path(scratch) / "model.bin", "model-0")
        for number in range(VERSIONS):
            name, version = f"model-{number % 100}", str(number // 100 + 2)
            record = registry.layout.live.record(name, version)
            record.parent.mkdir(parents=True, exist_ok=True)
            told = replace(first, tags={"area": "diabetes", "number": version}, description="Ridge regression")
            record.write_text(json.dumps(as_json(told)), encoding="utf-8")
        assert len(registry.models()) == VERSIONS + 1
        try:
            yield Contestants(ours=lambda: timed(registry.models))
        finally:
            del os.environ["SCOREDOCK_HOME"]


def started(code: str) -> float:
    return timed(lambda: subprocess.run([sys.executable, "-c", code], check=True, stdin=subprocess.DEVNULL))


@contextmanager
def importing(code: str) -> Iterator[Contestants]:
    # The budget is 60 ms over a bare Python; the peer carries it, so that the bar is a ratio of 1.
    yield Contestants(ours=lambda: started(code), peer=lambda: started("pass") + 0.06)


ROWS = [
    Row("inspect a 400 MB joblib forest", "s", plain_forest, bar=0.05, rounds=15),
    Row("inspect it compressed by zlib", "s", compressed_forest, bar=1.5, rounds=7, peer="inflating it"),
    Row("memory to inspect it, whole process", "MB", forest_memory, bar=64, rounds=3),
    Row("register a folder of 1 GB", "s", a_gigabyte, bar=1.3, rounds=7, peer="cp -r, then sha256sum"),
    Row("list 10,000 model versions", "s", many_versions, bar=0.3, rounds=15),
    Row("import scoredock", "s", partial(importing, "import scoredock"), bar=1, rounds=21, peer="bare Python + 60 ms"),
]
