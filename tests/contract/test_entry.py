"""Which files are entry scripts: their shape, their project's word, and what is another kind of script."""

from pathlib import Path

import pytest

from scoredock.contract.check import check
from scoredock.contract.facts import Facts, Role

BROKEN_RESULT = "def init():\n    pass\n\n\ndef run({}):\n    return {{1}}\n"


def codes(text: str, name: str = "score.py", role: Role = Role.UNKNOWN) -> set[str]:
    return {finding.code for finding in check(text, Path(name), Facts(role=role))}


@pytest.mark.parametrize("parameter", ["mini_batch", "minibatch, context", "mini_batch: list[str]", "batch", "file_list"])
def test_batch_scripts_are_left_alone(parameter: str) -> None:
    assert codes(BROKEN_RESULT.format(parameter)) == set()


@pytest.mark.parametrize("path", ["batch_driver.py", "batch/score.py", "jobs/parallel/script.py"])
def test_batch_is_known_by_its_path_too(path: str) -> None:
    assert codes(BROKEN_RESULT.format("data"), path) == set()


def test_a_script_that_parses_arguments_is_no_online_script() -> None:
    assert codes("import argparse\n" + BROKEN_RESULT.format("data")) == set()


def test_a_decorated_script_is_online_whatever_its_parameter_is_called() -> None:
    text = (
        "from inference_schema.schema_decorators import input_schema\n"
        "from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType\n"
        "def init():\n    pass\n@input_schema('batch', StandardPythonParameterType([1]))\ndef run(batch):\n    return {1}\n"
    )
    assert codes(text) == {"SD206"}


@pytest.mark.parametrize(
    "text",
    [
        "def run():\n    return {1}\n",
        "def run(data):\n    return {1}\n",
        "def init(screen):\n    pass\ndef run():\n    pass\n",
        "import torch\ndef init(seed):\n    pass\ndef run():\n    pass\nif __name__ == '__main__':\n    init(1)\n    run()\n",
        "class Job:\n    def init(self):\n        pass\n    def run(self):\n        return {1}\n",
        "from jobs import init, run\n",
        "def run(x:\n    return 1\n",
        "",
    ],
)
def test_a_plain_module_gets_nothing(text: str) -> None:
    assert codes(text, "job.py") == set()


def test_a_deployment_file_makes_any_file_an_entry_script() -> None:
    assert codes("def main():\n    pass\n", "main.py", Role.ENTRY_SCRIPT) == {"SD102", "SD103"}


@pytest.mark.parametrize(
    "head",
    ["import os\nPATH = os.environ['AZUREML_MODEL_DIR']\n", "from azureml.contrib.services.aml_request import rawhttp\n"],
)
def test_half_of_one_is_known_by_what_only_entry_scripts_do(head: str) -> None:
    assert "SD102" in codes(head + "def run(data):\n    return 1\n", "service.py")
