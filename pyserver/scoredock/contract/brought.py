"""What well-known distributions bring with them, as far as scripts import it: for environments that are not installed.

Direct and indirect dependencies, from the metadata of current and older releases; a name too many only keeps a rule
silent. A distribution that is not listed may bring anything.
"""

from __future__ import annotations

from scoredock.contract.words import words

_NUMERIC = words("numpy")
_LEARN = words("numpy scipy joblib threadpoolctl")
_FRAMES = words("numpy python-dateutil pytz tzdata six")
_WEB = words("requests urllib3 certifi idna charset-normalizer")
_SERVER = words(
    """flask flask-cors gunicorn werkzeug jinja2 markupsafe click itsdangerous inference-schema pydantic pydantic-settings
    pydantic-core typing-extensions python-dateutil pytz wrapt six opentelemetry-api opentelemetry-sdk azure-core azure-identity
    azure-monitor-opentelemetry-exporter msal cryptography opencensus opencensus-ext-azure psutil blinker annotated-types
    azureml-inference-server-http"""
)
_AZURE_CORE = words("azure-core typing-extensions isodate six") + _WEB
_AZUREML_CORE = (
    words(
        """azureml-core azure-common azure-core azure-graphrbac azure-mgmt-authorization azure-mgmt-containerregistry
        azure-mgmt-core
    azure-mgmt-keyvault azure-mgmt-network azure-mgmt-resource azure-mgmt-storage msrest msrestazure adal docker jsonpickle
    ndg-httpsclient paramiko pathspec pyjwt pyopenssl pytz python-dateutil packaging humanfriendly argcomplete knack contextlib2
    backports-tempfile jmespath cryptography pkginfo msal msal-extensions"""
    )
    + _WEB
)

BROUGHT: dict[str, list[str]] = {
    "python": [],
    "pip": [],
    "setuptools": [],
    "wheel": [],
    "numpy": [],
    "scipy": _NUMERIC,
    "pandas": _FRAMES,
    "joblib": [],
    "scikit-learn": _LEARN,
    "scikit-image": [*_NUMERIC, *words("scipy networkx pillow imageio tifffile packaging")],
    "xgboost": words("numpy scipy"),
    "lightgbm": words("numpy scipy scikit-learn joblib threadpoolctl"),
    "catboost": words("numpy scipy pandas matplotlib plotly graphviz six python-dateutil pytz"),
    "onnxruntime": words("numpy protobuf flatbuffers packaging sympy coloredlogs"),
    "onnxruntime-gpu": words("numpy protobuf flatbuffers packaging sympy coloredlogs"),
    "onnx": words("numpy protobuf typing-extensions"),
    "torch": words("typing-extensions sympy networkx jinja2 filelock fsspec numpy"),
    "torchvision": words("torch numpy pillow typing-extensions requests"),
    "torchaudio": words("torch typing-extensions numpy"),
    "pillow": [],
    "opencv-python": _NUMERIC,
    "opencv-python-headless": _NUMERIC,
    "imageio": words("numpy pillow"),
    "matplotlib": words("numpy pillow python-dateutil packaging cycler kiwisolver pyparsing contourpy fonttools six"),
    "cloudpickle": [],
    "dill": [],
    "pyarrow": _NUMERIC,
    "requests": _WEB,
    "pyyaml": [],
    "flask": words("werkzeug jinja2 markupsafe click itsdangerous blinker"),
    "gunicorn": words("packaging"),
    "inference-schema": words("python-dateutil pytz wrapt"),
    "azureml-inference-server-http": _SERVER,
    "azureml-defaults": [
        *_SERVER,
        *_AZUREML_CORE,
        *words("azureml-dataset-runtime azureml-dataprep json-logging-py applicationinsights configparser"),
    ],
    "azureml-core": _AZUREML_CORE,
    "azureml-contrib-services": words("flask werkzeug jinja2 click itsdangerous markupsafe"),
    "azure-identity": [*_AZURE_CORE, *words("msal msal-extensions cryptography")],
    "azure-keyvault-secrets": [*_AZURE_CORE, "azure-common"],
    "azure-keyvault": [
        *_AZURE_CORE,
        *words("azure-keyvault-secrets azure-keyvault-keys azure-keyvault-certificates azure-common cryptography"),
    ],
    "azure-storage-blob": [*_AZURE_CORE, "cryptography"],
    "nltk": words("click joblib regex tqdm"),
    "tqdm": [],
    "psutil": [],
    "pydantic": words("typing-extensions annotated-types pydantic-core"),
    "statsmodels": words("numpy scipy pandas patsy packaging python-dateutil pytz"),
    "tabulate": [],
    "sympy": ["mpmath"],
    "regex": [],
    "nlp": [],
    "ipykernel": words("ipython traitlets jupyter-client jupyter-core tornado psutil packaging nest-asyncio debugpy pyzmq"),
    "debugpy": [],
    "mlflow-skinny": [
        *_WEB,
        *words("click cloudpickle databricks-cli entrypoints gitpython packaging protobuf pyyaml pytz sqlparse"),
    ],
    "mlflow": [
        *_WEB,
        *_LEARN,
        *_FRAMES,
        *words("mlflow-skinny click cloudpickle flask gunicorn jinja2 markdown matplotlib pandas pyarrow pyyaml scikit-learn"),
        *words("sqlalchemy alembic docker gitpython packaging protobuf sqlparse graphene pillow werkzeug itsdangerous"),
    ],
    "azureml-mlflow": [
        *_AZUREML_CORE,
        *words("mlflow mlflow-skinny jsonpickle cloudpickle pyyaml click numpy pandas azure-identity"),
    ],
    "azureml-ai-monitoring": words("pandas numpy python-dateutil pytz requests"),
    "transformers": [*_WEB, *words("numpy tokenizers huggingface-hub safetensors regex tqdm pyyaml filelock packaging fsspec")],
    "tokenizers": words("huggingface-hub"),
    "sentence-transformers": [*_WEB, *_LEARN, *words("transformers torch scikit-learn pillow tqdm huggingface-hub tokenizers")],
    "tensorflow": [
        *_WEB,
        *words("keras numpy h5py protobuf absl-py tensorboard astunparse gast google-pasta opt-einsum packaging six termcolor"),
        *words("typing-extensions wrapt grpcio ml-dtypes scipy tensorflow-estimator werkzeug markdown pillow"),
    ],
    "keras": words("numpy h5py absl-py rich namex optree ml-dtypes packaging scipy pyyaml six"),
    "h5py": _NUMERIC,
    "openai": words("httpx pydantic typing-extensions anyio tqdm distro sniffio requests numpy pandas"),
}
KNOWN = frozenset(BROUGHT)
