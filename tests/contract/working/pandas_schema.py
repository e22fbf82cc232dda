import os

import joblib
import numpy as np
import pandas as pd
from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType
from inference_schema.parameter_types.pandas_parameter_type import PandasParameterType
from inference_schema.schema_decorators import input_schema, output_schema

SAMPLE = pd.DataFrame({"a": [1.0], "b": [2.0]})


def init():
    global model, scaler
    model = joblib.load(os.path.join(os.environ.get("AZUREML_MODEL_DIR", "."), "model.pkl"))
    scaler = None


@input_schema("data", PandasParameterType(SAMPLE, enforce_shape=False))
@output_schema(NumpyParameterType(np.array([0])))
def run(data: pd.DataFrame):
    values = data.to_numpy()
    if scaler is not None:
        values = scaler.transform(values)
    return model.predict(values).tolist()
