"""Entry script: answers which digit a 28 x 28 image shows.

Request:  {"data": [[784 numbers from 0 (background) to 1 (ink), row by row], ...]}
Response: {"predictions": [2, ...], "probabilities": [[0.001, 0.0, 0.998, ...], ...]}
"""

import json
import logging
import os

import joblib
import numpy as np
from azureml_inference_server_http.api.aml_response import AMLResponse

SIDE = 28
DECIMALS = 3  # of the probabilities in the answer

# The root logger shows warnings only, so logging.info() would be lost: a logger that asks for INFO is seen.
logging.basicConfig()
logger = logging.getLogger("digits")
logger.setLevel(logging.INFO)


def init():
    """Called once when a worker starts. AZUREML_MODEL_DIR is the folder where Azure mounts the registered model."""
    global model
    path = os.path.join(os.environ["AZUREML_MODEL_DIR"], "digits.joblib")
    model = joblib.load(path)
    logger.info("loaded %s", path)


def run(raw_data):
    """Called for each request with its body as text."""
    try:
        images = read_images(raw_data)
    except ValueError as error:
        # What the client did wrong is the client's to know: a 400 that says it, not a 500 that says nothing.
        logger.warning("request refused: %s", error)
        return AMLResponse({"error": str(error)}, 400, json_str=True)
    centred = np.stack([centre(image) for image in images])
    probabilities = model.predict_proba(centred.reshape(len(centred), -1))
    predictions = model.classes_[probabilities.argmax(axis=1)]
    logger.info("%d digits scored", len(predictions))
    # Plain lists: the server turns them into JSON once, so nothing is dumped here.
    return {
        "predictions": predictions.tolist(),
        "probabilities": probabilities.astype(float).round(DECIMALS).tolist(),
    }


def read_images(raw_data):
    """The images of a request as an array (n, 28, 28). Raises ValueError with a sentence for the client."""
    if not raw_data:
        raise ValueError("The body is empty; send it with the header Content-Type: application/json.")
    try:
        body = json.loads(raw_data)
    except ValueError as error:
        raise ValueError(f"The body is not JSON: {error}.") from None
    if not isinstance(body, dict) or "data" not in body:
        raise ValueError('The body has to be a JSON object with the key "data".')
    try:
        images = np.array(body["data"], dtype=np.float32)
    except (TypeError, ValueError):
        raise ValueError('"data" has to be a list of images with 784 numbers each.') from None
    if images.ndim not in (2, 3) or not len(images) or images[0].size != SIDE * SIDE:
        raise ValueError(f'"data" has to be a list of images with 784 numbers each; its shape is {images.shape}.')
    if not (np.isfinite(images).all() and images.min() >= 0 and images.max() <= 1):
        raise ValueError("The numbers have to be from 0 (background) to 1 (ink).")
    return images.reshape(-1, SIDE, SIDE)


def centre(image):
    """The image moved so that its centre of mass is in the middle, as in the MNIST digits that the model has learnt from."""
    mass = image.sum()
    if mass == 0:
        return image
    positions = np.arange(SIDE)
    row = (image.sum(axis=1) @ positions) / mass
    column = (image.sum(axis=0) @ positions) / mass
    return np.roll(image, (round(SIDE / 2 - row), round(SIDE / 2 - column)), axis=(0, 1))
