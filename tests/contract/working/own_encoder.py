import json
import os

import joblib
import numpy as np


class NumpyEncoder(json.JSONEncoder):
    def default(self, obj):
        if isinstance(obj, np.integer):
            return int(obj)
        if isinstance(obj, np.floating):
            return float(obj)
        if isinstance(obj, np.ndarray):
            return obj.tolist()
        return super().default(obj)


def init():
    global model
    model = joblib.load(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model.pkl"))


def run(data):
    rows = json.loads(data)["data"]
    result = {"pred": model.predict(rows), "n": np.int64(len(rows))}
    return json.loads(json.dumps(result, cls=NumpyEncoder))
