"""What azure-ai-ml itself says of the same files. It lives in an environment of its own, made once for the session."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scoredock.project.sample import write_sample

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]

AZURE_AI_ML = "azure-ai-ml==1.35.2"
# Loads each file; where that works, asks the parts that `create` will ask before anything is sent.
ASK = """
import json, logging, os, sys, warnings
warnings.simplefilter("ignore"); logging.disable(logging.CRITICAL)
from pathlib import Path
from azure.ai.ml import load_online_deployment
from azure.ai.ml._utils._arm_id_utils import AMLVersionedArmId
from azure.ai.ml._utils._endpoint_utils import upload_dependencies

def reference(d): AMLVersionedArmId(d.model if d.model.startswith("azureml:") else "azureml:" + d.model)
def upload(d): assert Path(d.model.path).exists() or (Path(d.base_path) / d.model.path).exists()
def code(d): d.code_configuration._validate(); upload_dependencies(d, None)
def environment(d): d.environment.name = d.environment.name or "anonymous"; d.environment.validate()
def dockerfile(d): assert (Path(d.environment.path) / d.environment.build.dockerfile_path).exists()
def sending(d): d._to_rest_object(location="here")

os.chdir(sys.argv[1])
answers = []
for later, text in json.load(sys.stdin):
    Path("asked.yml").write_bytes(text.encode("utf-8"))
    try:
        deployment = load_online_deployment("asked.yml")
    except BaseException as error:
        answers.append(["refused", " ".join(str(error).split())[:300]])
        continue
    try:
        globals()[later or "sending"](deployment)
    except BaseException as error:
        answers.append(["refused later", " ".join(str(error).split())[:300] or type(error).__name__])
        continue
    answers.append(["accepted", deployment.name])
json.dump(answers, sys.stdout)
"""


@pytest.fixture(scope="session")
def azure_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("azure-ai-ml")
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "-q", "--python", sys.executable, str(folder / "env")], check=True, timeout=120)
    python = folder / "env" / "bin" / "python"
    subprocess.run([*uv, "pip", "install", "-q", "-p", str(python), AZURE_AI_ML], check=True, timeout=300)
    return python


def ask(python: Path, folder: Path, cases: list[tuple[str | None, str]]) -> list[list[str]]:
    argv = [str(python), "-c", ASK, str(folder)]
    asked = subprocess.run(argv, input=json.dumps(cases), capture_output=True, text=True, timeout=240, check=False)
    assert asked.returncode == 0, asked.stderr
    answers: list[list[str]] = json.loads(asked.stdout)
    return answers


def test_the_kept_cases_are_still_what_azure_ai_ml_says(
    azure_python: Path, cases_folder: Path, deployment_cases: dict[str, Any]
) -> None:
    cases: list[tuple[str, str | None, str]] = [("accepted", None, text) for text in deployment_cases["accepted"]]
    cases += [("refused", None, text) for text in deployment_cases["refused"]]
    cases += [("refused later", reason, text) for reason, texts in deployment_cases["refused_later"].items() for text in texts]
    answers = ask(azure_python, cases_folder, [(later, text) for _, later, text in cases])
    differing = [
        (text, expected, *answer) for (expected, _, text), answer in zip(cases, answers, strict=True) if answer[0] != expected
    ]
    assert differing == []


def test_the_sample_is_taken_as_it_is(azure_python: Path, tmp_path: Path) -> None:
    write_sample(tmp_path / "digits")
    (tmp_path / "digits" / "model").mkdir()
    (tmp_path / "digits" / "model" / "digits.joblib").write_bytes(b"x")
    text = (tmp_path / "digits" / "deployment.yml").read_text(encoding="utf-8")
    cases: list[tuple[str | None, str]] = [(later, text) for later in ("upload", "environment", "sending")]
    assert ask(azure_python, tmp_path / "digits", cases) == [["accepted", "blue"]] * 3
