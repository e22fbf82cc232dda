"""What is gathered around a script from real files, and what checks make of it."""

from __future__ import annotations

import pickle
import sys
from dataclasses import replace
from pathlib import Path, PurePosixPath
from textwrap import dedent

import joblib
import pytest
import sklearn
from sklearn.linear_model import LinearRegression
from tests.contract.applying import apply
from tests.files import write_files

from scoredock.checking.gather import Environment, Surroundings
from scoredock.checking.run import check_file, check_paths
from scoredock.contract.check import check
from scoredock.contract.facts import EnvironmentFacts, Role
from scoredock.finding import Finding

DEPLOYMENT = """\
$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json
name: blue
endpoint_name: digits
model:
  path: ./model
code_configuration:
  code: ./src
  scoring_script: score.py
environment:
  conda_file: ./conda.yml
  image: mcr.microsoft.com/azureml/minimal-ubuntu22.04-py310-cpu-inference
instance_type: Standard_DS3_v2
instance_count: 1
"""
CONDA = """\
channels: [conda-forge]
dependencies:
  - python=3.11
  - pip
  - pip:
      - azureml-inference-server-http
      - numpy==1.26.4
"""
SCRIPT = """\
import os
import pickle
import sklearn
from helper import answer
from tools.text import clean


def init():
    global model
    with open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model.pkl"), "rb") as file:
        model = pickle.load(file)


def run(data):
    return answer(clean(data))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "deployment.yml": DEPLOYMENT,
        "conda.yml": CONDA,
        "src/score.py": SCRIPT,
        "src/helper.py": "def answer(x):\n    return {1, 2}\n",
        "src/tools/text.py": "def clean(x):\n    return x\n",
    }
    write_files(tmp_path, {name: dedent(text) for name, text in files.items()})
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.pkl").write_bytes(pickle.dumps({"a": 1}))
    return tmp_path


def test_facts_of_a_project(project: Path) -> None:
    script = project / "src" / "score.py"
    facts = Surroundings().facts(SCRIPT, script)
    assert facts.role is Role.ENTRY_SCRIPT
    assert facts.target_python == "3.11"
    assert {(module.name, module.reachable) for module in facts.siblings or ()} == {
        ("helper", True),
        ("tools", True),
        ("tools.text", True),
    }
    assert facts.models is not None
    assert facts.models.tree == {PurePosixPath("model"), PurePosixPath("model/model.pkl")}
    assert facts.environment is not None
    assert {one.name for one in facts.environment.declared or ()} == {"azureml-inference-server-http", "numpy"}


def test_the_layout_of_several_version_one_models_is_not_judged(tmp_path: Path) -> None:
    """They lie under the names they were registered with, which no file says."""
    (tmp_path / "inferenceconfig.json").write_text('{"entryScript": "score.py"}', encoding="utf-8")
    script = tmp_path / "score.py"
    script.write_text("names = ['a.pkl', 'b.pkl']\ndef init(): ...\ndef run(data): ...\n", encoding="utf-8")
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(1))
    models = Surroundings().facts(script.read_text(encoding="utf-8"), script).models
    assert models is not None and models.tree is not None
    (tmp_path / "b.pkl").write_bytes(pickle.dumps(1))
    models = Surroundings().facts(script.read_text(encoding="utf-8"), script).models
    assert models is not None and models.tree is None


def test_what_checks_say_of_it(project: Path) -> None:
    found = {finding.code: finding for one in check_paths([project]) for finding in one.findings}
    assert {"SD113", "SD206", "SD402"} <= set(found)
    assert "scikit-learn" in found["SD113"].message
    assert "model/model.pkl" in found["SD402"].message
    assert found["SD206"].place.path == project / "src" / "score.py"


def test_a_mended_project_is_silent(project: Path) -> None:
    (project / "conda.yml").write_text(CONDA + "      - scikit-learn\n", encoding="utf-8")
    mended = SCRIPT.replace('"model.pkl"', '"model", "model.pkl"')
    (project / "src" / "score.py").write_text(mended, encoding="utf-8")
    (project / "src" / "helper.py").write_text("def answer(x):\n    return [1, 2]\n", encoding="utf-8")
    assert [finding for one in check_paths([project]) for finding in one.findings if finding.severity.value == "error"] == []


def missing(project: Path, overlay: dict[Path, str] | None = None) -> list[Finding]:
    script = project / "src" / "score.py"
    facts = Surroundings(overlay=overlay).facts(SCRIPT, script)
    return [finding for finding in check(SCRIPT, script, facts) if finding.code == "SD113"]


def test_a_missing_package_is_added_to_the_conda_file(project: Path) -> None:
    conda = project / "conda.yml"
    (finding,) = missing(project)
    assert finding.place.path == project / "src" / "score.py"
    assert finding.fix is not None
    assert finding.fix.title == "Add `scikit-learn` to conda.yml"
    assert {edit.place.path for edit in finding.fix.edits} == {conda}
    mended = apply(CONDA, finding.fix)
    assert mended == CONDA.replace("numpy==1.26.4\n", "numpy==1.26.4\n      - scikit-learn\n")
    # In the editor it counts before it is saved.
    assert missing(project, {conda: mended}) == []
    conda.write_text(mended, encoding="utf-8")
    assert missing(project) == []


def test_it_is_asked_for_in_the_version_that_the_model_was_saved_with(project: Path) -> None:
    joblib.dump(LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0]), project / "model" / "model.pkl")
    (finding,) = missing(project)
    assert finding.fix is not None
    assert finding.fix.title == f"Add `scikit-learn=={sklearn.__version__}` to conda.yml"
    (project / "conda.yml").write_text(apply(CONDA, finding.fix), encoding="utf-8")
    assert missing(project) == []


def test_what_nobody_knows_is_not_added(project: Path) -> None:
    facts = Surroundings().facts(SCRIPT, project / "src" / "score.py")
    assert facts.environment is not None
    environment = replace(facts.environment, installed=(), modules=(), complete=True)
    text = SCRIPT.replace("import sklearn", "import our_own_thing")
    found = check(text, project / "src" / "score.py", replace(facts, environment=environment))
    (finding,) = [finding for finding in found if finding.code == "SD113"]
    assert finding.fix is None
    assert "ship the module with the script" in finding.message


def test_a_module_outside_of_the_path(project: Path) -> None:
    text = DEPLOYMENT.replace("code: ./src", "code: .").replace("scoring_script: score.py", "scoring_script: src/score.py")
    (project / "deployment.yml").write_text(text, encoding="utf-8")
    (project / "src" / "score.py").write_text(SCRIPT.replace("from helper", "from src.helper"), encoding="utf-8")
    (project / "elsewhere").mkdir()
    facts = Surroundings().facts("import elsewhere_module\n", project / "src" / "score.py")
    assert facts.siblings == ()


def test_unsaved_texts_count(project: Path) -> None:
    overlay = {project / "src" / "helper.py": "def answer(x):\n    return 1\n"}
    surroundings = Surroundings(overlay=overlay)
    (helper,) = [one for one in surroundings.facts(SCRIPT, project / "src" / "score.py").siblings or () if one.name == "helper"]
    assert "return 1" in helper.text


def test_a_hostile_model_is_reported_where_it_is_loaded_and_mounted(project: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            import os

            return os.system, ("true",)

    (project / "model" / "model.pkl").write_bytes(pickle.dumps(Evil()))
    mended = SCRIPT.replace('"model.pkl"', '"model", "model.pkl"')
    (project / "src" / "score.py").write_text(mended, encoding="utf-8")
    places = {finding.place.path.name for one in check_paths([project]) for finding in one.findings if finding.code == "SD409"}
    assert places == {"score.py", "deployment.yml"}


def test_the_environments_python_is_asked_only_when_it_is_another_and_may_be(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []
    monkeypatch.setattr("scoredock.checking.gather._asked", lambda interpreter, text: asked.append(interpreter))
    own = f"{sys.version_info[0]}.{sys.version_info[1]}"
    for version, may_run, expected in ((own, True, 0), ("3.7.1", True, 1), ("3.7.1", False, 1)):
        surroundings = Surroundings(may_run=may_run)
        environment = Environment(EnvironmentFacts(python=version), Path("/env/bin/python"))
        monkeypatch.setattr(surroundings, "environment", lambda project, environment=environment: environment)
        surroundings.facts(SCRIPT, project / "src" / "score.py")
        assert len(asked) == expected


def test_a_script_alone_reads_no_yaml(tmp_path: Path) -> None:
    script = tmp_path / "alone" / "a" / "b" / "c" / "score.py"
    script.parent.mkdir(parents=True)
    script.write_text("import joblib\ndef init():\n    pass\ndef run():\n    pass\n", encoding="utf-8")
    checked = check_file(script, Surroundings())
    assert [finding.code for finding in checked.findings] == ["SD105"]


def test_a_file_that_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    (one,) = check_paths([tmp_path / "gone.py"])
    assert one.problem is not None
    assert "gone.py" in one.problem
