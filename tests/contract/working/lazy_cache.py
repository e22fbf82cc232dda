import json
import os
import threading

import joblib

state = {"model": None, "count": 0}
lock = threading.Lock()


def get_model():
    if state["model"] is None:
        with lock:
            state["model"] = joblib.load(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model.pkl"))
    return state["model"]


def init():
    get_model()


def run(data, request_headers):
    state["count"] += 1
    rows = json.loads(data).get("data", [])
    try:
        labels = [int(label) for label in get_model().predict(rows)]
    except ValueError as error:
        print(f"bad rows: {error}")
        raise
    agent = request_headers.get("User-Agent", "")
    return {"labels": labels, "count": state["count"], "agent": agent[:20]}
