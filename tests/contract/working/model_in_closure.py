import json
import os
import pickle

import joblib
import numpy as np


def build():
    model = None

    def load():
        nonlocal model
        model = joblib.load(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model.pkl"))
        pickle.dumps(model)

    def answer(data):
        rows = np.array(json.loads(data)["data"])
        best, *_ = np.argmax(model.predict_proba(rows), axis=1).tolist()
        return {"best": best, "first": float(model.predict_proba(rows)[0][0])}

    return load, answer


init, run = build()
