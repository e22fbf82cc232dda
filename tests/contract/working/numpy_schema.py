import os

import joblib
import numpy as np
from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
from inference_schema.schema_decorators import input_schema, output_schema


def init():
    global model
    model = joblib.load(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model.pkl"))


@input_schema(param_name="data", param_type=NumpyParameterType(np.array([[1.0, 2.0]]), enforce_shape=False))
@output_schema(output_type=StandardPythonParameterType({"labels": [0]}))
def run(data):
    labels = model.predict(data)
    return {"labels": labels.tolist()}
