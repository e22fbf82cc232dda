import json
import os
from pathlib import Path

import joblib
import numpy as np

model = None
FEATURES = 2


def find_model() -> Path:
    folder = Path(os.environ["AZUREML_MODEL_DIR"])
    for candidate in sorted(folder.rglob("*.pkl")):
        return candidate
    raise FileNotFoundError(folder)


def init() -> None:
    global model
    model = joblib.load(find_model())


def parse(text: str) -> np.ndarray:
    body = json.loads(text)
    rows = np.asarray(body["data"], dtype=float)
    if rows.ndim != 2 or rows.shape[1] != FEATURES:
        raise ValueError(f"rows of {FEATURES} numbers are wanted")
    return rows


def answer(rows: np.ndarray) -> dict:
    result = {"labels": model.predict(rows).tolist(), "probabilities": []}
    for row in model.predict_proba(rows):
        result["probabilities"].append([round(float(value), 4) for value in row])
    return result


def run(data: str) -> dict:
    if model is None:
        raise RuntimeError("init was not called")
    return answer(parse(data))
