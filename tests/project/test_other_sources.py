"""Projects without a deployment file: SDK v1's JSON files, and a script with what lies beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from scoredock.project import read_project
from scoredock.project.values import CondaFile, EnvironmentReference, Project, RequirementsFile, Resources, Source

Put = Callable[[dict[str, str]], Path]
SCRIPT = "def init():\n    pass\n\n\ndef run(raw_data):\n    return raw_data\n"
CONDA = "dependencies: [python=3.11, pip, {pip: [azureml-inference-server-http==1.5.1]}]\n"


def project_of(path: Path) -> Project:
    reading = read_project(path)
    assert reading.project is not None, reading.findings
    return reading.project


def test_version_one_files(tmp_path: Path, put: Put) -> None:
    inference = {
        "entryScript": "score.py",
        "sourceDirectory": "source",
        "environment": {
            "name": "e",
            "docker": {"baseImage": "image"},
            "environmentVariables": {"A": "1"},
            "python": {"condaDependencies": {"dependencies": ["python=3.8", "pip", {"pip": ["azureml-defaults"]}]}},
        },
    }
    deployment = {"computeType": "local", "port": 6789, "containerResourceRequirements": {"cpu": 0.5, "memoryInGB": 1.5}}
    put(
        {
            "inferenceconfig.json": json.dumps(inference),
            "deploymentconfig.json": json.dumps(deployment),
            "source/score.py": SCRIPT + "path = 'x.pkl'\n",
            "source/x.pkl": "",
        },
    )
    reading = read_project(tmp_path)
    assert reading.findings == ()
    project = reading.project
    assert project is not None and project.source is Source.INFERENCE_CONFIG
    assert (project.code, project.entry_script) == (tmp_path / "source", tmp_path / "source" / "score.py")
    assert project.import_roots == (tmp_path, tmp_path / "source")
    assert (project.port, project.base_image, project.resources) == (6789, "image", Resources(0.5, int(1.5 * 2**30)))
    assert project.environment_variables == (("A", "1"),)
    assert [mount.mounted_as for mount in project.models] == [PurePosixPath("x.pkl")]
    assert isinstance(project.environment, CondaFile) and "azureml-defaults" in (project.environment.inline or "")


def test_an_environment_that_the_user_manages_is_the_image(tmp_path: Path, put: Put) -> None:
    section = {"name": "mine", "docker": {"baseImage": "own:1"}, "python": {"userManagedDependencies": True}}
    put({"inferenceconfig.json": json.dumps({"entryScript": "score.py", "environment": section}), "score.py": SCRIPT})
    project = project_of(tmp_path)
    assert (project.environment, project.base_image) == (None, "own:1")
    del section["docker"]
    put({"inferenceconfig.json": json.dumps({"entryScript": "score.py", "environment": section}), "score.py": SCRIPT})
    assert isinstance(project_of(tmp_path).environment, EnvironmentReference), "without an image it is only named"


def test_several_models_of_version_one_lie_below_their_names_and_versions(tmp_path: Path, put: Put) -> None:
    long = "a-model-with-a-name-of-more-than-thirty-letters.pkl"
    put(
        {
            "inferenceconfig.json": '{"entryScript": "score.py"}',
            "score.py": f"{SCRIPT}paths = ['x.pkl', '{long}']\n",
            "x.pkl": "x",
            long: "y",
        }
    )
    found = {mount.source: (mount.mounted_as, mount.name, mount.version) for mount in project_of(tmp_path).models}
    assert found == {
        tmp_path / "x.pkl": (PurePosixPath("x.pkl/0/x.pkl"), "x.pkl", "0"),
        tmp_path / long: (PurePosixPath(long[:30], "0", long), long[:30], "0"),
    }


def test_version_one_files_with_mistakes(tmp_path: Path, put: Put) -> None:
    put(
        {
            "inferenceconfig.json": '{\n  "entryScript": "scor.py",\n  "sourceDirectroy": "x",\n  "condaFile": "env.yml"\n}\n',
            "deploymentconfig.json": '{"computeType": "local", "prot": 6789,}',
            "score.py": SCRIPT,
        },
    )
    reading = read_project(tmp_path / "inferenceconfig.json")
    assert {(f.code, f.place.path.name, f.place.line) for f in reading.findings} == {
        ("SD401", "inferenceconfig.json", 2),
        ("SD408", "inferenceconfig.json", 3),
        ("SD408", "inferenceconfig.json", 4),
        ("SD408", "deploymentconfig.json", 1),
    }
    assert any("'score.py'" in f.message for f in reading.findings) and any(
        "'sourceDirectory'" in f.message for f in reading.findings
    )


@pytest.mark.parametrize(
    ("script", "files", "mounts"),
    [
        ("'model/x.pkl'", ["model/x.pkl"], [("model", "model")]),
        ("'x.pkl'", ["model/x.pkl", "model/other.txt"], [("model/x.pkl", "x.pkl")]),
        ("'a.onnx', 'b.onnx'", ["models/a.onnx", "models/b.onnx"], [("models/a.onnx", "a.onnx"), ("models/b.onnx", "b.onnx")]),
        ("''", ["outputs/x.pkl"], [("outputs", "outputs")]),
        ("''", ["x.joblib"], [("x.joblib", "x.joblib")]),
        ("'y.joblib'", ["x.joblib", "y.joblib"], [("y.joblib", "y.joblib")]),
        ("'weights/a.bin'", ["model/weights/a.bin"], [("model/weights", "weights")]),
        ("''", ["model/readme.txt"], []),
    ],
)
def test_a_model_is_found_as_the_script_asks_for_it(
    tmp_path: Path, put: Put, script: str, files: list[str], mounts: list[tuple[str, str]]
) -> None:
    put({"score.py": f"{SCRIPT}paths = [{script}]\n", "requirements.txt": "numpy\n", **dict.fromkeys(files, "x")})
    project = project_of(tmp_path)
    assert project.source is Source.INFERRED and project.environment == RequirementsFile(tmp_path / "requirements.txt")
    assert [(mount.source, mount.mounted_as) for mount in project.models] == [(tmp_path / a, PurePosixPath(b)) for a, b in mounts]


def test_an_environment_asset_leads_to_its_conda_file(tmp_path: Path, put: Put) -> None:
    asset = "$schema: environment.schema.json\nname: e\nimage: base\nconda_file: conda/e.yml\n"
    put({"score.py": SCRIPT, "environment.yml": asset, "conda/e.yml": CONDA})
    project = project_of(tmp_path)
    assert (project.environment, project.base_image) == (CondaFile(tmp_path / "conda" / "e.yml"), "base")
    put({"environment.yml": "name: e\nimage: base\n", "requirements.txt": "numpy\n"})
    assert project_of(tmp_path).environment == RequirementsFile(tmp_path / "requirements.txt")
