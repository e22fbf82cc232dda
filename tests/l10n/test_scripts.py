"""All that is said of an entry script is said in the reader's language, and the language changes nothing else."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
from tests.contract.cases import answers, requests, starting
from tests.contract.cases.case import Case

from scoredock.contract.check import check as check_script
from scoredock.contract.facts import Distribution, EnvironmentFacts, Facts, ModelFacts

from .pseudo import check

CASES = (*starting.CASES, *requests.CASES, *answers.CASES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_scripts_that_fail(case: Case) -> None:
    check(lambda: check_script(case.bad, Path("score.py")))


SHELL = "import os\n{}\n\n\ndef init():\n    global model\n    {}\n\n\ndef run(data):\n    return 1\n"
BESIDE = Facts(
    environment=EnvironmentFacts(
        declared=(Distribution("numpy", pin="2.0.0"),), modules=(("cv2", ("opencv-python", "opencv-headless")),)
    ),
    target_python="3.12",
    models=ModelFacts(tree=frozenset({PurePosixPath("model.pkl")})),
)


@pytest.mark.parametrize(
    "text",
    [
        SHELL.format("import cv2", "model = cv2"),
        SHELL.format("import imp", "model = imp"),
        SHELL.format("import numpy", "model = numpy.float(1)"),
        SHELL.format("from azureml.contrib.services.aml_request import AMLResponse", "model = AMLResponse"),
        SHELL.format("from azureml.contrib import services", "model = services"),
        SHELL.format("import joblib", 'model = joblib.load(os.environ["AZUREML_MODEL_DIR"] + "/modle.pkl")'),
        SHELL.format("import logging", 'logging.info("a")\n    logging.info("b")'),
        "def init(:\n",
        "x" * 3_000_000,
    ],
)
def test_scripts_with_what_is_around_them(text: str) -> None:
    check(lambda: check_script(text, Path("score.py"), BESIDE))
