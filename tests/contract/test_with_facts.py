"""Rules that need more than the text: versions, packages, modules and model files around it."""

from pathlib import Path, PurePosixPath

import pytest

from scoredock.contract.check import check
from scoredock.contract.facts import Distribution, EnvironmentFacts, Facts, ModelFacts, Module, SyntaxVerdict
from scoredock.contract.parse import own_python
from scoredock.finding import Finding
from tests.contract.applying import apply

SHELL = "import os\n{}\n\n\ndef init():\n    global model\n    {}\n\n\ndef run(data):\n    return 1\n"
MODULES = (("sklearn", ("scikit-learn",)), ("cv2", ("opencv-python", "opencv-python-headless")), ("PIL", ("pillow",)))


def found(text: str, facts: Facts) -> list[Finding]:
    return list(check(text, Path("score.py"), facts))


def said(text: str, facts: Facts) -> list[tuple[str, str]]:
    return [(finding.code, finding.severity.value) for finding in found(text, facts)]


def declared(*names: str, python: str | None = None) -> Facts:
    listed = tuple(Distribution(name.split("==")[0], pin=name.split("==")[1] if "==" in name else None) for name in names)
    return Facts(environment=EnvironmentFacts(python=python, declared=listed, modules=MODULES), target_python=python)


class TestModules:
    IMPORT = SHELL.format("import sklearn", "model = sklearn")

    def test_a_package_that_nothing_brings_is_missing(self) -> None:
        assert said(self.IMPORT, declared("numpy", "azureml-inference-server-http")) == [("SD113", "error")]

    @pytest.mark.parametrize("names", [("scikit-learn",), ("lightgbm",), ("mlflow",), ("our-own-package",)])
    def test_what_is_asked_for_or_may_be_brought_is_fine(self, names: tuple[str, ...]) -> None:
        assert said(self.IMPORT, declared(*names)) == []

    @pytest.mark.parametrize(
        ("line", "names"),
        [
            ("import requests", ("numpy",)),  # the server brings it
            ("import cloudpickle", ("scikit-learn", "numpy")),
            ("import huggingface_hub", ("sentence-transformers",)),
            ("import pkg_resources", ("numpy",)),
        ],
    )
    def test_what_is_brought_on_the_way_is_fine(self, line: str, names: tuple[str, ...]) -> None:
        assert said(SHELL.format(f"import numpy\n{line}", "model = 1"), declared("numpy", *names)) == []

    def test_a_synced_environment_is_certain(self) -> None:
        installed = (Distribution("numpy", installed="2.0"), Distribution("our-own-package", installed="1"))
        facts = Facts(
            environment=EnvironmentFacts(declared=(), installed=installed, modules=(("numpy", ("numpy",)),), complete=True)
        )
        assert said(self.IMPORT, facts) == [("SD113", "error")]

    def test_a_guarded_import_is_the_authors_business(self) -> None:
        text = SHELL.format("try:\n    import sklearn\nexcept ImportError:\n    sklearn = None", "model = sklearn")
        assert said(text, declared("numpy")) == []

    def test_an_import_in_run_fails_requests(self) -> None:
        text = "def init():\n    pass\n\n\ndef run(data):\n    import cv2\n    return str(cv2)\n"
        (finding,) = found("import joblib\n" + text, declared("joblib"))
        assert finding.code == "SD113"
        assert "500" in finding.message
        assert "opencv-python" in finding.message

    def test_modules_of_the_project_and_of_python_are_no_packages(self) -> None:
        facts = declared("joblib")
        facts = Facts(environment=facts.environment, siblings=(Module("helper", "x = 1\n", "helper.py", True),))
        assert said(SHELL.format("import helper, json, sys", "model = helper.x"), facts) == []


class TestSiblings:
    def test_a_module_that_the_path_does_not_reach(self) -> None:
        facts = Facts(siblings=(Module("helper", "x = 1\n", "/code/src/helper.py", False),))
        assert said(SHELL.format("from helper import x", "model = x"), facts) == [("SD112", "error")]

    def test_what_a_reachable_module_defines_is_followed(self) -> None:
        helper = Module("answers", "import numpy as np\n\n\ndef answer():\n    return np.array([1])\n", "answers.py", True)
        text = "from answers import answer\nimport joblib\n\n\ndef init():\n    pass\n\n\ndef run(data):\n    return answer()\n"
        assert said(text, Facts(siblings=(helper,))) == [("SD206", "error")]

    def test_init_and_run_may_live_in_another_module(self) -> None:
        helper = Module("service", "def init():\n    pass\n\n\ndef run(a, b):\n    return 1\n", "service.py", True)
        text = "import joblib\nfrom service import init, run\n"
        assert said(text, Facts(siblings=(helper,))) == [("SD201", "error")]


class TestRemovedNames:
    TEXT = SHELL.format("from sklearn.externals import joblib", "model = joblib")

    @pytest.mark.parametrize(
        ("names", "expected"),
        [
            (("scikit-learn==1.5.0",), [("SD114", "error")]),
            (("scikit-learn==0.22.1",), []),
            (("scikit-learn",), [("SD114", "error")]),
        ],
    )
    def test_the_environments_version_decides(self, names: tuple[str, ...], expected: list[tuple[str, str]]) -> None:
        assert said(self.TEXT, declared(*names)) == expected

    @pytest.mark.parametrize(
        ("python", "expected"), [("3.11", []), ("3.12", [("SD114", "error")]), (None, [("SD114", "warning")])]
    )
    def test_pythons_own_modules(self, python: str | None, expected: list[tuple[str, str]]) -> None:
        assert said(SHELL.format("import imp", "model = imp"), Facts(target_python=python)) == expected

    def test_a_range_that_ends_before_the_removal_is_fine(self) -> None:
        listed = (Distribution("numpy", specifier=">=1.20,<1.24"),)
        facts = Facts(environment=EnvironmentFacts(declared=listed, modules=MODULES))
        assert said(SHELL.format("import numpy as np", "model = np.float"), facts) == []


class TestModelPaths:
    LOAD = SHELL.format("import joblib", "model = joblib.load({})")
    TREE = ModelFacts(frozenset(map(PurePosixPath, ("model", "model/model.pkl", "model/labels.json"))))

    @pytest.mark.parametrize(
        "path",
        [
            "os.path.join(os.environ['AZUREML_MODEL_DIR'], 'model.pkl')",
            "os.path.join(os.getenv('AZUREML_MODEL_DIR'), 'outputs', 'model.pkl')",
            "os.getenv('AZUREML_MODEL_DIR') + '/model.pkl'",
            "f\"{os.environ['AZUREML_MODEL_DIR']}/model.pkl\"",
            "open(os.path.join(os.getenv('AZUREML_MODEL_DIR'), 'model.pkl'), 'rb')",
        ],
    )
    def test_a_path_that_the_mount_lacks(self, path: str) -> None:
        text = self.LOAD.format(path)
        (finding,) = found(text, Facts(models=self.TREE))
        assert finding.code == "SD402"
        assert "model/model.pkl" in finding.message
        if finding.fix is not None:
            assert said(apply(text, finding.fix), Facts(models=self.TREE)) == []

    def test_pathlib(self) -> None:
        text = SHELL.format(
            "from pathlib import Path\nimport joblib", "model = joblib.load(Path(os.environ['AZUREML_MODEL_DIR']) / 'model.pkl')"
        )
        assert said(text, Facts(models=self.TREE)) == [("SD402", "error")]

    @pytest.mark.parametrize(
        "path",
        [
            "os.path.join(os.environ['AZUREML_MODEL_DIR'], 'model', 'model.pkl')",
            "os.path.join(os.environ['AZUREML_MODEL_DIR'], './model//model.pkl')",
            "os.path.join(os.environ['AZUREML_MODEL_DIR'], os.environ['NAME'])",
            "os.path.join(os.environ['AZUREML_MODEL_DIR'], '..', 'other')",
            "os.environ['AZUREML_MODEL_DIR']",
        ],
    )
    def test_paths_that_are_there_or_not_known(self, path: str) -> None:
        assert said(self.LOAD.format(path), Facts(models=self.TREE)) == []

    def test_looking_whether_it_is_there_is_no_mistake(self) -> None:
        text = SHELL.format("", "model = os.path.exists(os.path.join(os.environ['AZUREML_MODEL_DIR'], 'x'))")
        assert said(text, Facts(models=self.TREE)) == []

    def test_nothing_is_said_of_a_model_that_is_not_here(self) -> None:
        text = self.LOAD.format("os.path.join(os.environ['AZUREML_MODEL_DIR'], 'model.pkl')")
        assert said(text, Facts(models=ModelFacts(None))) == []


class TestSyntaxOfAnotherPython:
    def test_the_environments_verdict_counts(self) -> None:
        verdict = SyntaxVerdict("invalid syntax", 2, 3, 2, 4)
        (finding,) = found("import joblib\nx = 1\n", Facts(syntax=verdict, target_python="3.8"))
        assert (finding.code, finding.place.line, finding.place.column) == ("SD101", 2, 3)

    def test_what_only_a_newer_python_can_read_is_not_called_wrong(self) -> None:
        newer = f"3.{int(own_python().split('.')[1]) + 1}"
        assert said("x = = 1\n", Facts(target_python=newer)) == [("SD100", "information")]

    def test_the_environments_yes_overrules_our_no(self) -> None:
        assert "SD101" not in [code for code, _ in said("x = = 1\n", Facts(syntax=SyntaxVerdict(None), target_python="3.99"))]
