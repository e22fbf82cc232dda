"""What calls of well-known libraries give. Only what is true of every version in use; all else is unknown.

Types are dotted names. A value that no JSON encoder takes is named in `serializable.py`.
"""

from __future__ import annotations

import builtins

from scoredock.contract.words import words

ARRAY = "numpy.ndarray"
FRAME = "pandas.DataFrame"
SERIES = "pandas.Series"
MODEL = "estimator"  # an object with scikit-learn's methods: predict and its kin give arrays
GUESSED = "loaded"  # whatever was unpickled; taken for an estimator when its methods are called like one's
TENSOR = "torch.Tensor"

_ARRAY_MAKERS = words(
    """array asarray asanyarray ascontiguousarray zeros ones empty full zeros_like ones_like full_like empty_like arange
    linspace concatenate vstack hstack stack column_stack dstack atleast_2d atleast_1d expand_dims reshape squeeze
    transpose ravel frombuffer fromstring loadtxt genfromtxt tile repeat eye identity argsort where flip"""
)

# Functions of numpy that give an array for an array, and a scalar for a scalar: what they give is as sure as their argument.
ELEMENTWISE = frozenset(
    words(
        """clip rint exp log log1p expm1 sqrt abs absolute round around floor ceil sign power multiply add subtract divide
        maximum minimum nan_to_num"""
    )
)

CALLS: dict[str, str] = {f"numpy.{name}": ARRAY for name in _ARRAY_MAKERS}
CALLS |= {
    "numpy.argmax": "numpy.int64",  # without an axis; with one, an array
    "numpy.argmin": "numpy.int64",
    "numpy.count_nonzero": "int",
    "numpy.int64": "numpy.int64",
    "numpy.int32": "numpy.int32",
    "numpy.float32": "numpy.float32",
    "numpy.float16": "numpy.float16",
    "numpy.float64": "float",
    "numpy.bool_": "numpy.bool_",
    "numpy.datetime64": "numpy.datetime64",
    "pandas.DataFrame": FRAME,
    "pandas.DataFrame.from_dict": FRAME,
    "pandas.DataFrame.from_records": FRAME,
    "pandas.json_normalize": FRAME,
    "pandas.get_dummies": FRAME,
    "pandas.merge": FRAME,
    "pandas.read_csv": FRAME,
    "pandas.read_json": FRAME,
    "pandas.read_parquet": FRAME,
    "pandas.read_pickle": FRAME,
    "pandas.Series": SERIES,
    "pandas.Timestamp": "pandas.Timestamp",
    "pandas.Timestamp.now": "pandas.Timestamp",
    "pandas.to_datetime": "pandas.Timestamp",
    "datetime.datetime": "datetime.datetime",
    "datetime.datetime.now": "datetime.datetime",
    "datetime.datetime.utcnow": "datetime.datetime",
    "datetime.datetime.today": "datetime.datetime",
    "datetime.datetime.fromtimestamp": "datetime.datetime",
    "datetime.date.today": "datetime.date",
    "datetime.date": "datetime.date",
    "datetime.timedelta": "datetime.timedelta",
    "decimal.Decimal": "decimal.Decimal",
    "uuid.uuid4": "uuid.UUID",
    "uuid.uuid1": "uuid.UUID",
    "uuid.UUID": "uuid.UUID",
    "pathlib.Path": "pathlib.Path",
    "io.BytesIO": "io.BytesIO",
    "io.StringIO": "io.StringIO",
    "collections.deque": "collections.deque",
    "time.time": "float",
    "time.perf_counter": "float",
    "json.dumps": "str",
    "base64.b64encode": "bytes",
    "base64.b64decode": "bytes",
    "base64.urlsafe_b64encode": "bytes",
    "base64.encodebytes": "bytes",
    "pickle.dumps": "bytes",
    "zlib.compress": "bytes",
    "gzip.compress": "bytes",
    "os.getenv": "str",
    "os.path.join": "str",
    "os.path.dirname": "str",
    "os.path.abspath": "str",
    "os.path.basename": "str",
    "os.getcwd": "str",
    "traceback.format_exc": "str",
    "joblib.load": GUESSED,
    "pickle.load": GUESSED,
    "pickle.loads": GUESSED,
    "cloudpickle.load": GUESSED,
    "cloudpickle.loads": GUESSED,
    "dill.load": GUESSED,
    "sklearn.externals.joblib.load": GUESSED,
    "skops.io.load": GUESSED,
    "mlflow.sklearn.load_model": MODEL,
    "mlflow.xgboost.load_model": MODEL,
    "mlflow.lightgbm.load_model": MODEL,
    "xgboost.Booster": MODEL,
    "lightgbm.Booster": MODEL,
    "catboost.CatBoostClassifier": MODEL,
    "catboost.CatBoostRegressor": MODEL,
    "keras.models.load_model": "keras.Model",
    "tensorflow.keras.models.load_model": "keras.Model",
    "keras.saving.load_model": "keras.Model",
    "keras.models.model_from_json": "keras.Model",
    "tensorflow.keras.models.model_from_json": "keras.Model",
    "mlflow.keras.load_model": "keras.Model",
    "onnxruntime.InferenceSession": "onnxruntime.InferenceSession",
    "torch.tensor": TENSOR,
    "torch.from_numpy": TENSOR,
    "torch.softmax": TENSOR,
    "torch.sigmoid": TENSOR,
    "torch.argmax": TENSOR,
    "torch.nn.functional.softmax": TENSOR,
    "torch.Tensor": TENSOR,
    "torch.FloatTensor": TENSOR,
    "torch.stack": TENSOR,
    "torch.cat": TENSOR,
    "torch.zeros": TENSOR,
    "torch.ones": TENSOR,
    "sentence_transformers.SentenceTransformer": "sentence_transformers.SentenceTransformer",
    "logging.getLogger": "logging.Logger",
    "flask.Response": "flask.Response",
    "flask.make_response": "flask.Response",
    "flask.jsonify": "flask.Response",
}

# Every spelling under which the server's request and response helpers can be imported (`server/__init__.py` seeds the first).
AML_REQUEST = ("azureml.contrib.services.aml_request", "azureml_inference_server_http.api.aml_request")
AML_RESPONSE = ("azureml.contrib.services.aml_response", "azureml_inference_server_http.api.aml_response")
RAWHTTP = frozenset(f"{module}.rawhttp" for module in AML_REQUEST)
RESPONSE = frozenset(f"{module}.AMLResponse" for module in AML_RESPONSE)

# Where inference-schema's names live; each is also importable from a few parents.
SCHEMA_DECORATORS = {
    "inference_schema.schema_decorators.input_schema": "input",
    "inference_schema.schema_decorators.output_schema": "output",
}
PARAMETER_TYPES = {
    "NumpyParameterType": "numpy",
    "PandasParameterType": "pandas",
    "StandardPythonParameterType": "standard",
    "SparkParameterType": "spark",
}

# Decorators that leave the function what it is, as `inspect.signature` and its caller see it.
TRANSPARENT = frozenset(
    {
        "functools.lru_cache",
        "functools.cache",
        "torch.no_grad",
        "torch.inference_mode",
        "tensorflow.function",
        "typing.no_type_check",
        "typing.overload",
        "abc.abstractmethod",
    }
)

# Classes whose instances behave as scikit-learn's estimators.
ESTIMATOR_PACKAGES = ("sklearn.", "xgboost.XGB", "lightgbm.LGBM", "imblearn.")

BUILTIN_TYPES = {
    "str": "str",
    "repr": "str",
    "format": "str",
    "chr": "str",
    "hex": "str",
    "input": "str",
    "ascii": "str",
    "int": "int",
    "len": "int",
    "ord": "int",
    "hash": "int",
    "id": "int",
    "float": "float",
    "bool": "bool",
    "isinstance": "bool",
    "callable": "bool",
    "hasattr": "bool",
    "all": "bool",
    "any": "bool",
    "bytes": "bytes",
    "bytearray": "bytearray",
    "memoryview": "memoryview",
    "range": "range",
    "map": "map",
    "filter": "filter",
    "zip": "zip",
    "enumerate": "enumerate",
    "reversed": "reversed",
    "iter": "iterator",
    "complex": "complex",
    "object": "object",
    "open": "file",
    "print": "NoneType",
}

BUILTINS = frozenset(dir(builtins)) | {
    *("__file__", "__name__", "__doc__", "__package__", "__spec__", "__loader__", "__builtins__", "__annotations__", "__path__"),
    *("__cached__", "__class__", "__module__", "__qualname__", "__debug__", "WindowsError", "reveal_type", "reveal_locals"),
    # Builtins of other Pythons than ours: a script may be written for them.
    *("aiter", "anext", "EncodingWarning", "BaseExceptionGroup", "ExceptionGroup", "PythonFinalizationError"),
}

# Builtins that no library puts in the place of Python's own, whatever a star import of it brings.
NEVER_REPLACED = frozenset(
    ("str", "repr", "len", "print", "dict", "list", "tuple", "isinstance", "Exception", "ValueError", "KeyError")
)
