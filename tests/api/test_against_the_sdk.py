"""Point by point beside the real azureml-core, in an environment of its own: every documented name is there, takes the
same parameters in the same order with the same defaults, or says in a sentence that it is not here."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import scoredock
from scoredock.api import exceptions
from scoredock.api.unsupported import Unsupported

SDK = "azureml-core==1.61.0.post4"
PLACES = {
    "Workspace": "azureml.core",
    "Environment": "azureml.core",
    "Model": "azureml.core",
    "Webservice": "azureml.core",
    "InferenceConfig": "azureml.core.model",
    "LocalWebservice": "azureml.core.webservice",
    "CondaDependencies": "azureml.core.conda_dependencies",
    "ResourceConfiguration": "azureml.core.resource_configuration",
}
# What ours takes beside the SDK's parameters.
ADDED = {"LocalWebservice.deploy_configuration": ["target"]}
OF_THE_SUBCLASS = (
    *("delete", "get_keys", "get_logs", "get_token", "regen_key", "run"),
    *("update", "update_deployment_state", "wait_for_deployment"),
)
# Written otherwise on purpose, each with its reason.
OTHERWISE = {
    "Environment.environment_variables": "an attribute",
    "Webservice.serialize": "of the subclass",
    "Webservice.__init__": "the only subclass is LocalWebservice, whose own it is",
    **{f"Webservice.{name}": "of the subclass, which every service here is" for name in OF_THE_SUBCLASS},
}

DUMP = """
import importlib, inspect, json, sys
found = {}
for name, module in json.loads(sys.argv[1]).items():
    owner = getattr(importlib.import_module(module), name)
    names = {}
    for key, value in vars(owner).items():
        if key.startswith("_") and key != "__init__":
            continue
        function = value.__func__ if isinstance(value, (staticmethod, classmethod)) else value
        if inspect.isfunction(function):
            given = inspect.signature(function).parameters.values()
            names[key] = [
                [one.name, str(one.kind), None if one.default is inspect.Parameter.empty else repr(one.default)] for one in given
            ]
        elif isinstance(value, property):
            names[key] = None
    found[name] = names
print("FOUND" + json.dumps(found))
"""


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("sdk")
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "-q", "--python", sys.executable, str(folder)], check=True, timeout=120)
    python = folder / "bin" / "python"
    subprocess.run([*uv, "pip", "install", "-q", "-p", str(python), SDK, "setuptools<81"], check=True, timeout=400)
    argv = [str(python), "-c", DUMP, json.dumps(PLACES)]
    ran = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=True)
    found: dict[str, dict[str, Any]] = json.loads(ran.stdout.split("FOUND", 1)[1])
    return found


def of_ours(owner: type, name: str) -> Any:
    for base in owner.__mro__:
        if name in vars(base):
            return vars(base)[name]
    return None


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("owner", PLACES)
def test_every_documented_name_and_parameter(sdk: dict[str, dict[str, Any]], owner: str, record_property: Any) -> None:
    ours = getattr(scoredock, owner)
    supported, refused, wrong = [], [], []
    for name, parameters in sdk[owner].items():
        full = f"{owner}.{name}"
        value = of_ours(ours, name)
        if full in OTHERWISE:
            supported.append(name)
        elif value is None:
            wrong.append(f"{full} is missing")
        elif isinstance(value, Unsupported):
            refused.append(name)
        elif parameters is None:
            supported.append(name)
            if not isinstance(value, property):
                wrong.append(f"{full} is a property in the SDK")
        else:
            supported.append(name)
            function = value.__func__ if isinstance(value, (staticmethod, classmethod)) else value
            wrong += differences(full, parameters, inspect.unwrap(function))
    record_property("supported", ", ".join(supported))
    record_property("refused with a sentence", ", ".join(refused))
    sys.stdout.write(f"{owner}: supported {', '.join(supported)}; refused {', '.join(refused) or 'nothing'}\n")
    assert not wrong, "\n".join(wrong)


def differences(full: str, theirs: list[list[Any]], function: Any) -> list[str]:
    """Names, order, kinds and defaults, leaving out what is private to the SDK and what ours adds at the end."""
    mine = [
        [one.name, str(one.kind), None if one.default is inspect.Parameter.empty else repr(one.default)]
        for one in inspect.signature(function).parameters.values()
        if one.name not in ADDED.get(full, [])
    ]
    if function.__name__ == "create" and full.startswith("CondaDependencies"):
        assert [one[:2] for one in mine] == [one[:2] for one in theirs]
    first = ("self", "cls")
    given = [one for one in theirs if one[0] not in first]
    own = [one for one in mine if one[0] not in first]
    # Paths may be Path objects here; a default is a default.
    return [] if own == given else [f"{full} takes {own}, in the SDK {given}"]


def test_exceptions_carry_the_names_that_scripts_catch() -> None:
    names = ("AzureMLException", "UserErrorException", "WebserviceException", "ModelNotFoundException")
    for name in names:
        assert issubclass(getattr(exceptions, name), exceptions.AzureMLException)
    said = exceptions.WebserviceException("It failed.", "Try again.")
    assert said.message == "It failed. Try again."


def test_modules_are_where_the_sdk_has_them() -> None:
    """So that ``azureml.core`` in an import line becomes ``scoredock.api``, and nothing else changes."""
    from scoredock.api import Environment, Model, Workspace
    from scoredock.api.conda_dependencies import CondaDependencies
    from scoredock.api.environment import Environment as FromModule
    from scoredock.api.model import InferenceConfig
    from scoredock.api.webservice import LocalWebservice, Webservice

    assert (Environment, Model, Workspace) == (scoredock.Environment, scoredock.Model, scoredock.Workspace)
    assert FromModule is Environment
    assert (CondaDependencies, InferenceConfig) == (scoredock.CondaDependencies, scoredock.InferenceConfig)
    assert issubclass(LocalWebservice, Webservice)
    assert Path(scoredock.__file__).exists()
