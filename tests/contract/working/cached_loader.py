import json
import os
from functools import lru_cache
from pathlib import Path

import joblib


@lru_cache(maxsize=1)
def model():
    return joblib.load(Path(os.environ["AZUREML_MODEL_DIR"]) / "model.pkl")


def init():
    model()


def run(data):
    return model().predict(json.loads(data)["data"]).tolist()
