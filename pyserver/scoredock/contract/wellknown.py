"""Names that everybody gives to the same module, for the import that was forgotten."""

from __future__ import annotations

IMPORTS = {
    "np": "import numpy as np",
    "numpy": "import numpy",
    "pd": "import pandas as pd",
    "pandas": "import pandas",
    "json": "import json",
    "os": "import os",
    "sys": "import sys",
    "time": "import time",
    "logging": "import logging",
    "joblib": "import joblib",
    "pickle": "import pickle",
    "torch": "import torch",
    "tf": "import tensorflow as tf",
    "mlflow": "import mlflow",
    "base64": "import base64",
    "re": "import re",
    "io": "import io",
    "datetime": "import datetime",
    "requests": "import requests",
    "glob": "import glob",
    "math": "import math",
    "Path": "from pathlib import Path",
    "BytesIO": "from io import BytesIO",
    "Image": "from PIL import Image",
    "xgb": "import xgboost as xgb",
    "lgb": "import lightgbm as lgb",
    "ort": "import onnxruntime as ort",
    "AMLResponse": "from azureml.contrib.services.aml_response import AMLResponse",
}


def import_for(name: str) -> str | None:
    """The import statement that gives a name its usual meaning."""
    return IMPORTS.get(name)
