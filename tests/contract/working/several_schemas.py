import os

import joblib
import numpy as np
from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
from inference_schema.schema_decorators import input_schema, output_schema

ROWS = "data"
rows_type = NumpyParameterType(np.array([[1.0, 2.0]]), enforce_shape=False)
options_type = StandardPythonParameterType({"proba": True})


def init():
    global model
    model = joblib.load(os.path.join(os.getenv("AZUREML_MODEL_DIR", ""), "model.pkl"))


@input_schema(ROWS, rows_type)
@input_schema("options", options_type, optional=True)
@output_schema(StandardPythonParameterType([0]))
def run(data, options=None):
    options = options or {}
    if options.get("proba"):
        return model.predict_proba(data).tolist()
    return model.predict(data).tolist()
