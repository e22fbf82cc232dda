"""What only the files around a script tell, proven under the real server: in an environment of today, and in one with a
server, NumPy, Flask and scikit-learn of some years ago."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml

from scoredock.checking.gather import Surroundings, model_tree
from scoredock.checking.model_files import remarks
from scoredock.contract.check import check
from scoredock.contract.facts import Distribution, EnvironmentFacts, ModelFacts
from scoredock.environment.installed import installed_distributions, site_packages
from scoredock.environment.modules import installed_modules
from scoredock.environment.twins import known_modules
from scoredock.finding import Finding
from scoredock.project import read_project
from tests.contract.applying import apply
from tests.contract.conftest import Served, Zygote, environment, install

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(os.name == "nt", reason="the server's application is forked"),
    pytest.mark.skipif(sys.version_info >= (3, 13), reason="the older NumPy has no wheels for this Python"),
]

# NumPy 1.26.0 is the last without `numpy._core`; server 1.3.4 the last beside Flask 2, whose test client wants that werkzeug.
OLDER = (
    *("azureml-inference-server-http==1.3.4", "flask==2.3.2", "werkzeug==3.0.6"),
    *("numpy==1.26.0", "scikit-learn==1.3.2", "joblib==1.4.2", "setuptools<80"),
)

DEPLOYMENT = """\
name: blue
endpoint_name: digits
model:
  path: ./model
code_configuration:
  code: ./code
  scoring_script: {script}
environment:
  image: an-image
  conda_file: ./conda.yml
instance_type: Standard_DS3_v2
"""
CONDA = """\
dependencies:
  - python=3.11  # as on the training machine
  - pip
  - pip:
      - azureml-inference-server-http
"""
IMPORTING = "{}\n\n\ndef init():\n    pass\n\n\ndef run(data):\n    return 1\n"
LOADING = """\
import os
import joblib


def init():
    global model
    model = joblib.load(os.path.join(os.environ["AZUREML_MODEL_DIR"], {}))


def run(data):
    return str(model is None)
"""


@dataclass(frozen=True)
class Installation:
    """An environment with the real server, and the server started in it."""

    python: Path
    zygote: Zygote

    @property
    def facts(self) -> EnvironmentFacts:
        packages = site_packages(self.python.parents[1])
        installed = tuple(Distribution(name, installed=version) for name, version in installed_distributions(packages).items())
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        modules = tuple(installed_modules(packages).items())
        return EnvironmentFacts(version, (), installed, modules, complete=True, known=tuple(known_modules().items()))

    def make(self, program: str, *arguments: Path) -> None:
        """Run a training script in the environment."""
        (folder,) = {argument.parent for argument in arguments}
        (folder / "train.py").write_text(program, encoding="utf-8")
        subprocess.run([self.python, "train.py", *map(str, arguments)], cwd=folder, check=True, timeout=60)
        (folder / "train.py").unlink()


@pytest.fixture(scope="session")
def newer(server_python: Path, zygote: Zygote) -> Installation:
    return Installation(server_python, zygote)


@pytest.fixture(scope="session")
def older(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("older")
    python = environment(folder / "env", OLDER)
    started = Zygote(python, folder, tmp_path_factory.mktemp("older-cases"))
    yield Installation(python, started)
    started.stop()


class Deployment:
    """A deployment file with its code, model and conda file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.model = folder / "model" / "model.pkl"
        self.model.parent.mkdir()
        self.model.write_bytes(pickle.dumps([1, 2]))
        self.script = folder / "code" / "score.py"
        (folder / "conda.yml").write_text(CONDA, encoding="utf-8")

    def put(self, text: str, **beside: str) -> Deployment:
        for name, content in {"score": text, **beside}.items():
            file = self.folder / "code" / f"{name}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
        return self

    def found(self, installation: Installation) -> list[Finding]:
        (self.folder / "deployment.yml").write_text(
            DEPLOYMENT.format(script=self.script.relative_to(self.folder / "code")), encoding="utf-8"
        )
        text, around = self.script.read_text(encoding="utf-8"), Surroundings()
        facts, project, has = around.facts(text, self.script), around.project(self.script), installation.facts
        assert project is not None
        has = replace(has, package_line=facts.environment.package_line if facts.environment else None)
        models = ModelFacts(model_tree(project), remarks(project, has))
        return list(check(text, self.script, replace(facts, environment=has, target_python=has.python, models=models)))

    def codes(self, installation: Installation) -> list[str]:
        return [f"{finding.code} {finding.severity.value}" for finding in self.found(installation)]

    def serve(self, installation: Installation) -> Served:
        """As Azure does: the model under its own name in a folder, the script's folder as the root of the app."""
        mounted = self.folder / "mounted"
        mounted.mkdir(exist_ok=True)
        if not (mounted / "model").exists():
            (mounted / "model").symlink_to(self.folder / "model")
        return installation.zygote.serve_script(
            self.script, mounted, [{"body": "{}", "type": "application/json", "method": "POST"}]
        )

    def works(self, installation: Installation) -> bool:
        served = self.serve(installation)
        return served.exit is None and [answer["status"] for answer in served.answers] == [200]

    def ends(self, installation: Installation, message: str) -> bool:
        served = self.serve(installation)
        return served.exit == 3 and message in served.log


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    return Deployment(tmp_path)


def test_sd402_a_path_that_the_mounted_model_lacks(deployment: Deployment, newer: Installation) -> None:
    text = LOADING.format('"model.pkl"')
    (finding,) = deployment.put(text).found(newer)
    assert (finding.code, finding.severity.value) == ("SD402", "error")
    assert deployment.ends(newer, "FileNotFoundError")
    assert finding.fix is not None
    deployment.put(apply(text, finding.fix))
    assert deployment.codes(newer) == []
    assert deployment.works(newer)


def test_sd112_a_module_in_a_folder_that_is_not_on_the_path(deployment: Deployment, newer: Installation) -> None:
    deployment.script = deployment.folder / "code" / "service" / "score.py"
    deployment.put("", **{"service/score": IMPORTING.format("from helper import x"), "helper": "x = 1\n"})
    assert deployment.codes(newer) == ["SD112 error"]
    assert deployment.ends(newer, "No module named 'helper'")
    deployment.put("", **{"service/helper": "x = 1\n"})
    assert deployment.codes(newer) == []
    assert deployment.works(newer)


def test_sd113_a_package_that_is_added(deployment: Deployment, older: Installation) -> None:
    deployment.put(IMPORTING.format("import joblib\nimport tabulate\nimport slugify"))
    found = deployment.found(older)
    assert [finding.code for finding in found] == ["SD113", "SD113"]
    assert deployment.ends(older, "No module named 'tabulate'")
    conda = CONDA
    for finding in found:
        assert finding.fix is not None
        conda = apply(conda, finding.fix)
    assert "# as on the training machine" in conda
    *_, section = yaml.safe_load(conda)["dependencies"]
    install(older.python, tuple(line for line in section["pip"] if not line.startswith("azureml")))
    assert deployment.codes(older) == []
    assert deployment.works(older)


def test_sd403_and_sd407_the_server_and_pip_that_are_added(deployment: Deployment, newer: Installation, tmp_path: Path) -> None:
    conda = deployment.folder / "conda.yml"
    conda.write_text("dependencies:\n  - python=3.11\n  - pip:\n      - joblib  # loads the model\n", encoding="utf-8")
    deployment.put(IMPORTING.format("import joblib")).found(newer)
    python = environment(tmp_path / "bare", ("joblib",))
    without = subprocess.run([python, "-m", "azureml_inference_server_http"], capture_output=True, text=True, check=False)
    assert "No module named azureml_inference_server_http" in without.stderr
    seen = set()
    while found := [one for one in read_project(deployment.folder / "deployment.yml").findings if one.place.path == conda]:
        assert found[0].fix is not None
        seen.add(found[0].code)
        conda.write_text(apply(conda.read_text(encoding="utf-8"), found[0].fix), encoding="utf-8")
    assert seen == {"SD403", "SD407"}
    _, pip, section = yaml.safe_load(conda.read_text(encoding="utf-8"))["dependencies"]
    assert pip == "pip"
    install(python, tuple(section["pip"]))
    started = Zygote(python, deployment.folder, tmp_path)
    assert deployment.works(Installation(python, started))
    started.stop()


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("import numpy as np\nKIND = np.float_", "`np.float_` was removed in the NumPy 2.0 release"),
        ("from flask import Markup", "cannot import name 'Markup' from 'flask'"),
    ],
)
def test_sd114_the_installed_version_decides(
    line: str, error: str, deployment: Deployment, newer: Installation, older: Installation
) -> None:
    deployment.put(IMPORTING.format(f"import joblib\n{line}"))
    assert deployment.codes(newer) == ["SD114 error"]
    assert deployment.ends(newer, error)
    assert deployment.codes(older) == []
    assert deployment.works(older)


def test_sd114_what_is_gone_from_both(deployment: Deployment, newer: Installation, older: Installation) -> None:
    deployment.put(IMPORTING.format("from sklearn.externals import joblib"))
    for installation in (newer, older):
        assert deployment.codes(installation) == ["SD114 error"]
        assert deployment.ends(installation, "No module named 'sklearn.externals.joblib'") or deployment.ends(
            installation, "cannot import name 'joblib' from 'sklearn.externals'"
        )


def test_sd405_arrays_of_numpy_2_under_numpy_1(deployment: Deployment, newer: Installation, older: Installation) -> None:
    newer.make("import sys, pickle, numpy\npickle.dump(numpy.arange(3.0), open(sys.argv[1], 'wb'))", deployment.model)
    deployment.put(LOADING.format('"model", "model.pkl"'))
    assert deployment.codes(older) == ["SD405 error"]
    assert deployment.ends(older, "No module named 'numpy._core'")
    assert deployment.codes(newer) == []
    assert deployment.works(newer)


def test_sd405_a_model_of_another_scikit_learn(deployment: Deployment, newer: Installation, older: Installation) -> None:
    older.make("import sys, joblib\nfrom sklearn.linear_model import Ridge\njoblib.dump(Ridge(), sys.argv[1])", deployment.model)
    deployment.put(LOADING.format('"model", "model.pkl"'))
    assert deployment.codes(newer) == ["SD405 warning"]
    served = deployment.serve(newer)
    assert served.exit is None
    assert "InconsistentVersionWarning" in served.log
    assert deployment.codes(older) == []
    assert deployment.works(older)


def test_sd409_what_would_act_does(deployment: Deployment, newer: Installation) -> None:
    trace = deployment.folder / "trace"
    deployment.model.write_bytes(b"cos\nsystem\n(V" + f"touch '{trace}'".encode() + b"\ntR.")
    deployment.put(LOADING.format('"model", "model.pkl"'))
    assert deployment.codes(newer) == ["SD409 warning"]
    assert not trace.exists()
    assert deployment.works(newer)
    assert trace.exists()


def test_sd410_a_module_that_nobody_brings(deployment: Deployment, newer: Installation) -> None:
    steps = "class Prepare:\n    pass\n"
    (deployment.model.parent / "our_steps.py").write_text(steps, encoding="utf-8")
    newer.make("import pickle, sys, our_steps\npickle.dump(our_steps.Prepare(), open(sys.argv[1], 'wb'))", deployment.model)
    (deployment.model.parent / "our_steps.py").unlink()
    deployment.put(LOADING.format('"model", "model.pkl"'))
    assert deployment.codes(newer) == ["SD410 error"]
    assert deployment.ends(newer, "No module named 'our_steps'")
    deployment.put(LOADING.format('"model", "model.pkl"'), our_steps=steps)
    assert deployment.codes(newer) == []
    assert deployment.works(newer)


def test_sd410_what_cloudpickle_wrote_needs_cloudpickle(deployment: Deployment, newer: Installation, older: Installation) -> None:
    program = "import cloudpickle, sys\ncloudpickle.dump(lambda rows: rows, open(sys.argv[1], 'wb'))"
    newer.make(program, deployment.model)  # joblib brings it since 1.6
    deployment.put(LOADING.format('"model", "model.pkl"'))
    assert deployment.codes(older) == ["SD410 error"]
    assert deployment.ends(older, "No module named 'cloudpickle'")
    assert deployment.codes(newer) == []
    assert deployment.works(newer)


def test_sd411_a_class_of_the_training_script(deployment: Deployment, newer: Installation) -> None:
    steps = "class Prepare:\n    pass\n"
    newer.make(f"import pickle, sys\n{steps}pickle.dump(Prepare(), open(sys.argv[1], 'wb'))", deployment.model)
    text = LOADING.format('"model", "model.pkl"').replace("\n\n\ndef init", f"\n\n\n{steps}\n\ndef init", 1)
    deployment.put(text)
    assert deployment.codes(newer) == ["SD411 warning"]
    # Even though the entry script defines it.
    assert deployment.ends(newer, "Can't get attribute 'Prepare' on <module '__main__'")


def test_sd412_a_file_that_was_cut_off(deployment: Deployment, newer: Installation) -> None:
    deployment.model.write_bytes(pickle.dumps(list(range(1000)))[:-20])
    deployment.put(LOADING.format('"model", "model.pkl"'))
    assert deployment.codes(newer) == ["SD412 error"]
    assert deployment.serve(newer).exit == 3
