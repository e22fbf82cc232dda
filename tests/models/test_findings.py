"""What is said of model files, and that what is predicted comes true."""

from __future__ import annotations

import pickle
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import joblib
import pytest
import sklearn

from scoredock.checking.run import check_paths
from scoredock.contract.facts import Distribution, EnvironmentFacts
from scoredock.environment.reading import read_requirements
from scoredock.environment.sync import sync
from scoredock.finding import Place, Severity
from scoredock.models.findings import model_findings
from scoredock.models.reading import inspect

VERSIONS = {"scikit-learn": sklearn.__version__, "numpy": "2.1.0", "joblib": joblib.__version__}
OTHER = "1.3.2"  # a scikit-learn that runs with numpy 1


def facts(*declared: str, python: str | None = None, installed: tuple[str, ...] | None = None) -> EnvironmentFacts:
    def distribution(text: str) -> Distribution:
        name, _, version = text.partition("==")
        return Distribution(name, pin=version or None)

    return EnvironmentFacts(
        python=python,
        declared=tuple(map(distribution, declared)),
        installed=None if installed is None else tuple(Distribution(name, installed=VERSIONS[name]) for name in installed),
        modules=() if installed is None else (("sklearn", ("scikit-learn",)),),
        complete=installed is not None,
    )


def said(file: Path, environment: EnvironmentFacts | None = None, *, loaded: bool = False, **kwargs: Any) -> list[str]:
    found = model_findings(inspect(file), Place(Path("deployment.yml"), 5), environment, loaded=loaded, **kwargs)
    return [f"{one.code} {one.severity.value}" for one in found]


@pytest.fixture
def model(tmp_path: Path, estimators: dict[str, Any]) -> Path:
    joblib.dump(estimators["pipeline"], tmp_path / "model.joblib")
    return tmp_path / "model.joblib"


def test_versions(model: Path) -> None:
    assert said(model) == []
    assert said(model, facts(f"scikit-learn=={sklearn.__version__}", "numpy==2.1.0")) == []
    assert said(model, facts("scikit-learn", "numpy")) == []
    assert said(model, facts(f"scikit-learn=={OTHER}")) == ["SD405 warning"]
    assert said(model, facts("numpy==1.26.1")) == []
    assert said(model, facts("numpy==1.26.0")) == ["SD405 warning"]
    assert said(model, facts("numpy==1.26.0"), loaded=True) == ["SD405 error"]


def test_protocols(tmp_path: Path) -> None:
    for protocol, python, expected in ((5, "3.7", ["SD405 warning"]), (5, "3.8", []), (4, "3.7", []), (2, "3.7", [])):
        (tmp_path / "model.pkl").write_bytes(pickle.dumps({"a": 1}, protocol))
        assert said(tmp_path / "model.pkl", facts(python=python)) == expected


def test_modules_that_nobody_brings(model: Path) -> None:
    assert said(model, facts(installed=("scikit-learn", "joblib", "numpy"))) == []
    assert said(model, facts(installed=("scikit-learn", "numpy"))) == ["SD410 warning"]
    assert said(model, facts(installed=("scikit-learn", "numpy")), shipped=frozenset({"joblib"})) == []


def test_what_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(b"\x80\x04\x95")
    assert said(tmp_path / "model.pkl") == ["SD412 warning"]
    assert said(tmp_path / "model.pkl", loaded=True) == ["SD412 error"]


def test_what_would_act(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    (finding,) = model_findings(inspect(tmp_path / "model.pkl"), Place(Path("deployment.yml"), 5))
    assert (finding.code, finding.severity) == ("SD409", Severity.WARNING)
    assert finding.message.startswith("Loading model.pkl calls os.system, which starts programs and changes files.")


def test_a_project_is_checked_with_its_model(tmp_path: Path, model: Path) -> None:
    (tmp_path / "score.py").write_text("def init():\n    pass\n\n\ndef run(data):\n    return data\n", encoding="utf-8")
    (tmp_path / "conda.yml").write_text(
        "dependencies:\n- python=3.11\n- pip\n- pip:\n  - azureml-inference-server-http\n"
        f"  - scikit-learn=={OTHER}\n  - numpy==1.25.2\n  - joblib\n",
        encoding="utf-8",
    )
    (tmp_path / "deployment.yml").write_text(
        "name: blue\nendpoint_name: digits\ninstance_type: Standard_DS3_v2\n"
        "model:\n  path: model.joblib\n"
        "code_configuration: {code: ., scoring_script: score.py}\n"
        "environment: {image: an-image, conda_file: conda.yml}\n",
        encoding="utf-8",
    )
    for given in (tmp_path, tmp_path / "deployment.yml"):
        found = [finding for checked in check_paths([given]) for finding in checked.findings if finding.code == "SD405"]
        assert [finding.place.path.name for finding in found] == ["deployment.yml", "deployment.yml"]
        assert {finding.place.line for finding in found} <= {4, 5}
        assert any("scikit-learn" in finding.message for finding in found)
        assert any("numpy._core" in finding.message for finding in found)


LOAD = """
    import sys, warnings
    warnings.simplefilter("always")
    import joblib
    try:
        joblib.load(sys.argv[1])
    except BaseException as wrong:
        print(type(wrong).__name__, wrong)
    else:
        print("loaded")
"""


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_the_predictions_come_true(tmp_path: Path, estimators: dict[str, Any]) -> None:
    """In an environment with numpy 1 and another scikit-learn, which has none of the modules the files were made with."""
    (tmp_path / "requirements.txt").write_text(f"numpy==1.25.2\nscikit-learn=={OTHER}\njoblib\n", encoding="utf-8")
    ready = await sync(read_requirements(tmp_path / "requirements.txt"))
    has = {"numpy": "1.25.2", "scikit-learn": OTHER, "joblib": joblib.__version__}
    environment = EnvironmentFacts(
        installed=tuple(Distribution(name, installed=version) for name, version in has.items()),
        modules=(("sklearn", ("scikit-learn",)),),
        complete=True,
    )

    def loading(file: Path) -> str:
        argv = [str(ready.interpreter), "-c", textwrap.dedent(LOAD), str(file)]
        ran = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=True)
        return ran.stdout + ran.stderr

    def codes(file: Path) -> set[str]:
        return {line.split()[0] for line in said(file, environment)}

    # numpy 2's pickles name numpy._core.
    joblib.dump(estimators["pipeline"], tmp_path / "numpy.joblib")
    assert "SD405" in codes(tmp_path / "numpy.joblib")
    assert "No module named 'numpy._core'" in loading(tmp_path / "numpy.joblib")
    # The same version of numpy, another of scikit-learn: made in an environment like that, but for scikit-learn.
    make = "import sys, pickle, sklearn.base; sklearn.base.__version__ = '1.2.0'\n"
    make += "from sklearn.linear_model import Ridge\npickle.dump(Ridge().fit([[0], [1]], [0, 1]), open(sys.argv[1], 'wb'))"
    subprocess.run([str(ready.interpreter), "-c", make, str(tmp_path / "ridge.pkl")], check=True, timeout=60)
    assert codes(tmp_path / "ridge.pkl") == {"SD405"}
    assert "InconsistentVersionWarning" in loading(tmp_path / "ridge.pkl")
    # A class of the training script, and a module that nobody brings.
    (tmp_path / "train.py").write_text("import pickle\nclass Prepare: pass\npickle.dump(Prepare(), open('main.pkl', 'wb'))\n")
    subprocess.run([sys.executable, "train.py"], cwd=tmp_path, check=True, timeout=60)
    assert codes(tmp_path / "main.pkl") == {"SD411"}
    assert "Can't get attribute 'Prepare' on <module '__main__'" in loading(tmp_path / "main.pkl")
    (tmp_path / "ours.pkl").write_bytes(b"cour_package.steps\nPrepare\n)R.")
    assert codes(tmp_path / "ours.pkl") == {"SD410"}
    assert "No module named 'our_package'" in loading(tmp_path / "ours.pkl")
    # Cut off; and whole, of which nothing is said.
    (tmp_path / "cut.pkl").write_bytes((tmp_path / "ridge.pkl").read_bytes()[:-20])
    assert "SD412" in codes(tmp_path / "cut.pkl")
    assert "loaded" not in loading(tmp_path / "cut.pkl")
    mended = make.replace("sklearn.base.__version__ = '1.2.0'", "pass")
    subprocess.run([str(ready.interpreter), "-c", mended, str(tmp_path / "good.pkl")], check=True, timeout=60)
    assert codes(tmp_path / "good.pkl") == set()
    assert loading(tmp_path / "good.pkl") == "loaded\n"
