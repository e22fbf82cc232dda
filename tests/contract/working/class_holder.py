import json
import os
import time
from functools import wraps
from typing import Any

import joblib
import numpy as np


def timed(function):
    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any):
        started = time.perf_counter()
        result = function(*args, **kwargs)
        print(f"{function.__name__}: {time.perf_counter() - started:.3f} s")
        return result

    return wrapper


class Scorer:
    def __init__(self) -> None:
        self.model = None
        self.labels = {0: "low", 1: "high"}

    def load(self, folder: str) -> None:
        self.model = joblib.load(os.path.join(folder, "model.pkl"))

    def score(self, rows: np.ndarray) -> dict:
        found = self.model.predict(rows)
        return {"labels": [self.labels[int(one)] for one in found], "rows": int(rows.shape[0])}


scorer = Scorer()


def init():
    scorer.load(os.environ["AZUREML_MODEL_DIR"])


@timed
def run(raw_data: str):
    rows = np.array(json.loads(raw_data)["data"], dtype=float)
    return scorer.score(rows)
