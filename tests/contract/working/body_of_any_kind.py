import json
import os

import joblib
import pandas as pd


def init():
    global model
    model = joblib.load(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model.pkl"))


def run(data):
    if isinstance(data, (bytes, bytearray)):
        data = data.decode("utf-8")
    if isinstance(data, str):
        data = json.loads(data)
    if isinstance(data, dict):
        data = data.get("data", data)
    frame = pd.DataFrame(data)
    result = model.predict(frame)
    return result.tolist() if hasattr(result, "tolist") else list(result)
