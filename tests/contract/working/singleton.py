import json
import os
import threading

import joblib
import numpy as np


class ModelHolder:
    _instance = None
    _lock = threading.Lock()

    def __new__(cls):
        if cls._instance is None:
            with cls._lock:
                cls._instance = super().__new__(cls)
                cls._instance.model = None
        return cls._instance

    def load(self):
        self.model = joblib.load(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model.pkl"))
        return self

    def __call__(self, rows):
        return self.model.predict(np.asarray(rows))


def init():
    ModelHolder().load()


def run(data):
    holder = ModelHolder()
    return [int(v) for v in holder(json.loads(data)["data"])]
