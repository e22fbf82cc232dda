import functools
import json
import os
import time

import joblib
import numpy as np


def timed(name):
    def decorate(function):
        @functools.wraps(function)
        def inner(*args, **kwargs):
            start = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                print(name, time.perf_counter() - start)

        return inner

    return decorate


@timed("init")
def init():
    global model
    model = joblib.load(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model.pkl"))


@timed("run")
def run(data):
    rows = np.array(json.loads(data)["data"])
    return {"mean": float(np.mean(model.predict(rows))), "n": len(rows)}
