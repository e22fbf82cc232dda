import json
import os
import traceback

import joblib
from azureml.contrib.services.aml_request import rawhttp
from azureml.contrib.services.aml_response import AMLResponse


def init():
    global model
    model = joblib.load(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model.pkl"))


def reply(body, status=200):
    return AMLResponse(json.dumps(body), status, {"Content-Type": "application/json"})


@rawhttp
def run(request):
    try:
        data = request.get_json()["data"]
        return reply({"result": model.predict(data).tolist()})
    except (KeyError, TypeError, ValueError) as error:
        return reply({"error": str(error)}, 400)
    except Exception as error:
        return reply({"error": str(error), "trace": traceback.format_exc()}, 500)
