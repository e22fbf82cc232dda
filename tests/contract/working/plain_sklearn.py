import json
import logging
import os

import joblib
import numpy as np


def init():
    """Load the model once."""
    global model
    model_path = os.path.join(os.getenv("AZUREML_MODEL_DIR"), "model.pkl")
    model = joblib.load(model_path)
    logging.info("Init complete")


def run(raw_data):
    """Answer one request."""
    logging.info("model: request received")
    data = np.array(json.loads(raw_data)["data"])
    result = model.predict(data)
    logging.info("Request processed")
    return result.tolist()
