"""What a case of the proof suite is: a bad script, its mended twin, near misses, and what the real server does with each."""

from __future__ import annotations

from dataclasses import dataclass, field
from textwrap import dedent

EXIT = "exit"  # the worker exits with code 3: the server does not start
FAILS = "fails"  # healthy, and the request answers 500


@dataclass(frozen=True)
class Case:
    """``expect`` is EXIT, FAILS or the exact body of the 200 answer to ``request``."""

    rule: str
    name: str
    bad: str
    expect: str
    mended: str
    near: tuple[str, ...] = ()
    severity: str = "error"
    request: str = '{"data": [[1, 2], [3, 4]]}'
    type: str = "application/json"
    fixed: bool = False  # the finding has a fix, and the fixed script works
    files: dict[str, str] = field(default_factory=dict)  # modules beside the script

    def __str__(self) -> str:
        return f"{self.rule}-{self.name}"


def script(text: str) -> str:
    """A script written inside a test, without the test's indentation."""
    return dedent(text).lstrip("\n")


MODEL = script(
    """
    import json
    import os

    import joblib
    import numpy as np


    def init():
        global model
        model = joblib.load(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model.pkl"))
    """
)
PLAIN = script(
    """
    import json


    def init():
        pass
    """
)
SCHEMA = script(
    """
    import json

    import numpy as np
    import pandas as pd
    from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType
    from inference_schema.parameter_types.pandas_parameter_type import PandasParameterType
    from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
    from inference_schema.schema_decorators import input_schema, output_schema


    def init():
        pass
    """
)
RAW = script(
    """
    import json

    from azureml.contrib.services.aml_request import rawhttp
    from azureml.contrib.services.aml_response import AMLResponse


    def init():
        pass
    """
)


def after(head: str, text: str) -> str:
    """A head and what follows it."""
    return f"{head}\n\n{script(text)}"
