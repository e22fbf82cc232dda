"""Names that Azure's inference server gives a script, and what they are at run time: for completion and hover.

Source: contract-facts of this project, measured under azureml-inference-server-http 1.x; the types are those of
inference-schema.
"""

from __future__ import annotations

from scoredock.l10n import deferred

VARIABLES: dict[str, str] = {
    "AZUREML_MODEL_DIR": deferred(
        "Folder of the model: the path of the registered model, or the parent of all when there are several."
    ),
    "AZUREML_APP_ROOT": deferred("Folder of the code (`code_configuration.code`); it is on `sys.path`."),
    "AZUREML_ENTRY_SCRIPT": deferred("The entry script, relative to `AZUREML_APP_ROOT`."),
    "AZUREML_SOURCE_DIRECTORY": deferred("Folder inside the code in which the entry script lies."),
    "AZUREML_EXTRA_PYTHON_LIB_PATH": deferred("A folder of wheels that is added to the path before the script is imported."),
    "AZUREML_LOG_LEVEL": deferred("Level of the server's loggers. Default: INFO."),
    "AZUREML_CORS_ORIGINS": deferred("Origins that browsers may post from, separated by commas."),
    "WORKER_COUNT": deferred("Number of worker processes; each calls `init` and holds a model of its own. Default: 1."),
    "WORKER_TIMEOUT": deferred("Seconds after which a worker that does not answer is killed. Default: 300."),
    "WORKER_PRELOAD": deferred("Whether the application is loaded before workers are made."),
    "SCORING_TIMEOUT_MS": deferred("Milliseconds after which a request is given up. Default: 3600000."),
    "AML_APP_INSIGHTS_ENABLED": deferred("Whether requests are sent to Application Insights."),
    "AML_APP_INSIGHTS_KEY": deferred("Key of the Application Insights instance."),
    "AML_MODEL_DC_STORAGE_ENABLED": deferred("Whether collected model data is kept."),
}

# Where a deployment names these, what it says is not what the script sees.
SET_BY_AZURE = frozenset(("AZUREML_MODEL_DIR", "AZUREML_APP_ROOT", "AZUREML_ENTRY_SCRIPT", "AZUREML_SOURCE_DIRECTORY"))

SCHEMA_TYPES: dict[str, str] = {
    "NumpyParameterType": deferred("A numpy array; give a sample array of the right shape and dtype."),
    "PandasParameterType": deferred("A pandas DataFrame; give a sample frame."),
    "PolarsParameterType": deferred("A polars DataFrame; give a sample frame."),
    "StandardPythonParameterType": deferred("Plain Python values: dict, list, str, int, float; give a sample."),
    "SparkParameterType": deferred("A Spark DataFrame; give a sample frame."),
}
