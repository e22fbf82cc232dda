import json
import os

import joblib


def init():
    global model
    model = joblib.load(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model.pkl"))


def run(raw_data, request_headers):
    print({"user-agent": request_headers.get("User-Agent"), "id": request_headers.get("X-Ms-Request-Id")})
    return {"result": model.predict(json.loads(raw_data)["data"]).tolist(), "client": request_headers.get("x-ms-client", "")}
