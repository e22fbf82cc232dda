import concurrent.futures
import json
import os
import queue
import threading

import joblib
import numpy as np

executor = concurrent.futures.ThreadPoolExecutor(max_workers=2)
jobs = queue.Queue()


def worker():
    while True:
        item = jobs.get()
        print("logged", item)
        jobs.task_done()


def init():
    global model
    model = joblib.load(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model.pkl"))
    threading.Thread(target=worker, daemon=True).start()


def score(rows):
    return model.predict(np.array(rows)).tolist()


def run(data):
    body = json.loads(data)["data"]
    jobs.put(len(body))
    future = executor.submit(score, body)
    return future.result(timeout=10)
