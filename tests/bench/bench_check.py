"""`scoredock check` as a whole process: what a pre-commit hook or a build step pays for one file."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.rounds import Contestants, Row

SCRIPT = """\
import json
import os

import joblib
import numpy as np


def init():
    global model
    model = joblib.load(os.path.join(os.getenv("AZUREML_MODEL_DIR"), "model.pkl"))


def run(raw_data):
    data = np.array(json.loads(raw_data)["data"])
    return model.predict(data).tolist()
"""


def seconds(argv: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(argv, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    return time.perf_counter() - started


@contextmanager
def one_file() -> Iterator[Contestants]:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "score.py"
        script.write_text(SCRIPT, encoding="utf-8")
        yield Contestants(
            ours=lambda: seconds([sys.executable, "-m", "scoredock", "check", str(script)]),
            # The budget is twice a bare Python plus 100 ms; the peer carries it, so that the bar is a ratio of 1.
            peer=lambda: 2 * seconds([sys.executable, "-c", "pass"]) + 0.1,
        )


ROWS = [Row("check one file, whole process", "s", one_file, bar=1.0, rounds=21, peer="2 x `python -c pass` + 100 ms")]
