"""What well-known distributions bring with them, as far as scripts import it: for environments that are not installed.

Dependencies from the metadata of current and older releases; a name too many only keeps a rule silent. A distribution
that is not listed may bring anything.
"""

from __future__ import annotations

from collections.abc import Iterable

from scoredock.contract.words import words

_NUMERIC = words("numpy")
_LEARN = words("numpy scipy joblib threadpoolctl cloudpickle narwhals")
_FRAMES = words("numpy python-dateutil pytz tzdata six")
_WEB = words("requests urllib3 certifi idna charset-normalizer")
_SERVER = words(
    """flask flask-cors gunicorn werkzeug jinja2 markupsafe click itsdangerous inference-schema pydantic pydantic-settings
    pydantic-core typing-extensions python-dateutil pytz wrapt six opentelemetry-api opentelemetry-sdk azure-core azure-identity
    azure-monitor-opentelemetry-exporter msal msal-extensions cryptography cffi pycparser opencensus opencensus-ext-azure psutil
    opentelemetry-semantic-conventions importlib-metadata zipp deprecated fixedint msrest oauthlib requests-oauthlib isodate
    python-dotenv pyjwt typing-inspection tzdata blinker annotated-types requests urllib3 certifi idna charset-normalizer
    azureml-inference-server-http"""
)
_AZURE_CORE = words("azure-core typing-extensions isodate six") + _WEB
_AZUREML_CORE = (
    words(
        """azureml-core azure-common azure-core azure-graphrbac azure-mgmt-authorization azure-mgmt-containerregistry
        azure-mgmt-core azure-mgmt-keyvault azure-mgmt-network azure-mgmt-resource azure-mgmt-storage msrest msrestazure adal
        docker jsonpickle attrs bcrypt cffi cloudpickle isodate jeepney jsonschema oauthlib pyasn1 pycparser pygments pynacl
        pysocks pyyaml requests-oauthlib secretstorage six tabulate typing-extensions ndg-httpsclient paramiko pathspec pyjwt
        pyopenssl pytz python-dateutil packaging humanfriendly argcomplete knack contextlib2 backports-tempfile jmespath
        cryptography pkginfo msal msal-extensions"""
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
    "joblib": ["cloudpickle"],
    "scikit-learn": _LEARN,
    "scikit-image": [*_NUMERIC, *words("scipy networkx pillow imageio tifffile packaging lazy-loader")],
    "xgboost": words("numpy scipy"),
    "lightgbm": ["scikit-learn", *_LEARN],
    "catboost": words("numpy scipy pandas matplotlib plotly graphviz six python-dateutil pytz"),
    "onnxruntime": words("numpy protobuf flatbuffers packaging sympy coloredlogs"),
    "onnxruntime-gpu": words("numpy protobuf flatbuffers packaging sympy coloredlogs"),
    "onnx": words("numpy protobuf typing-extensions ml-dtypes"),
    "torch": words("typing-extensions sympy networkx jinja2 markupsafe filelock fsspec numpy setuptools triton"),
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
        *words("azureml-dataset-runtime azureml-dataprep json-logging-py applicationinsights configparser numpy pyarrow"),
    ],
    "azureml-core": _AZUREML_CORE,
    "azureml-contrib-services": words("flask werkzeug jinja2 click itsdangerous markupsafe"),
    "azure-identity": [*_AZURE_CORE, *words("msal msal-extensions cryptography cffi pycparser pyjwt")],
    "azure-keyvault-secrets": [*_AZURE_CORE, "azure-common"],
    "azure-keyvault": [
        *_AZURE_CORE,
        *words("azure-keyvault-secrets azure-keyvault-keys azure-keyvault-certificates azure-common cryptography"),
    ],
    "azure-storage-blob": [*_AZURE_CORE, *words("cryptography cffi pycparser")],
    "nltk": words("click joblib regex tqdm defusedxml"),
    "tqdm": [],
    "psutil": [],
    "pydantic": words("typing-extensions annotated-types pydantic-core typing-inspection"),
    "statsmodels": words("numpy scipy pandas patsy formulaic interface-meta wrapt typing-extensions packaging"),
    "tabulate": [],
    "sympy": ["mpmath"],
    "regex": [],
    "nlp": [],
    "ipykernel": words(
        """ipython traitlets jupyter-client jupyter-core tornado psutil packaging nest-asyncio debugpy pyzmq comm
        matplotlib-inline asttokens
        executing jedi parso pexpect platformdirs prompt-toolkit ptyprocess pure-eval pygments python-dateutil
        stack-data typing-extensions wcwidth six decorator"""
    ),
    "debugpy": [],
    "mlflow-skinny": [
        *_WEB,
        *words("click cloudpickle databricks-cli entrypoints gitpython packaging protobuf pyyaml pytz sqlparse pydantic anyio"),
        *words("cachetools databricks-sdk fastapi importlib-metadata opentelemetry-api opentelemetry-proto opentelemetry-sdk"),
        *words("python-dotenv starlette typing-extensions uvicorn google-auth h11 zipp gitdb smmap pyasn1 pyasn1-modules"),
    ],
    "mlflow": [
        *_WEB,
        *_LEARN,
        *_FRAMES,
        *words("mlflow-skinny click cloudpickle flask gunicorn jinja2 markdown matplotlib pandas pyarrow pyyaml scikit-learn"),
        *words("sqlalchemy alembic docker gitpython packaging protobuf sqlparse graphene pillow werkzeug itsdangerous"),
        *words("aiohttp attrs cryptography flask-cors huey mako markupsafe blinker mlflow-tracing skops prettytable"),
    ],
    "azureml-mlflow": [
        *_AZUREML_CORE,
        *words("mlflow mlflow-skinny jsonpickle cloudpickle pyyaml click numpy pandas azure-identity azure-storage-blob"),
    ],
    "azureml-ai-monitoring": words("pandas numpy python-dateutil pytz requests"),
    "huggingface-hub": [
        *_WEB,
        *words(
            "pyyaml tqdm filelock packaging fsspec typing-extensions hf-xet httpx httpcore h11 anyio sniffio click typer rich"
        ),
        *words("pygments shellingham markdown-it-py mdurl"),
    ],
    "transformers": [
        *_WEB,
        *words("numpy tokenizers huggingface-hub safetensors regex tqdm pyyaml filelock packaging typer pydantic"),
    ],
    "tokenizers": words("huggingface-hub"),
    "sentence-transformers": [*_WEB, *_LEARN, *words("transformers torch scikit-learn pillow tqdm huggingface-hub tokenizers")],
    "tensorflow": [
        *_WEB,
        *words("keras numpy h5py protobuf absl-py tensorboard astunparse gast google-pasta opt-einsum packaging six termcolor"),
        *words(
            "typing-extensions wrapt grpcio ml-dtypes scipy tensorflow-estimator werkzeug markdown pillow flatbuffers libclang"
        ),
    ],
    "keras": words("numpy h5py absl-py rich namex optree ml-dtypes packaging scipy pyyaml six pygments typing-extensions"),
    "h5py": _NUMERIC,
    "openai": words(
        "httpx httpcore h11 idna certifi pydantic typing-extensions anyio tqdm distro sniffio jiter requests numpy pandas"
    ),
}
KNOWN = frozenset(BROUGHT)


def brought(distributions: Iterable[str]) -> frozenset[str]:
    """These distributions and all that they are known to bring, and what that brings, on and on."""
    found: dict[str, None] = {}
    waiting = list(distributions)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = None
            waiting.extend(BROUGHT.get(name, ()))
    return frozenset(found)
