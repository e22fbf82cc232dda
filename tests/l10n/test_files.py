"""All that is said of a project's files is said in the reader's language, and the language changes nothing else."""

from __future__ import annotations

import bz2
import json
import pickle
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.files import write_files
from tests.project.conftest import BASE, BESIDE

from scoredock import l10n
from scoredock.contract.facts import Distribution, EnvironmentFacts
from scoredock.errors import ScoredockError
from scoredock.finding import Place
from scoredock.models.findings import model_findings
from scoredock.models.reading import inspect
from scoredock.models.registry import Registry
from scoredock.models.sources import resolve
from scoredock.models.values import Format, Limits, MadeWith, ModelFile
from scoredock.models.workspace import find_workspace
from scoredock.project import read_project

from .pseudo import Pseudo, check, outside_marks

CASES = yaml.safe_load((Path(__file__).parents[1] / "project" / "deployment_cases.yml").read_text(encoding="utf-8"))
DEPLOYMENTS = (
    *(case if case.count("name:") > 1 else f"{BASE}{case}\n" for case in CASES["refused"]),
    *(f"{BASE}{case}\n" for some in CASES["refused_later"].values() for case in some),
    *(f"{BASE}{case}\n" for case in ("modle: x", "cpu: 1", "scoring_script: s.py", "model: {path: '{{ MODEL }}'}", "port: 1")),
    f"{BASE}request_settings: {{max_concurrent_requests_per_instance: 4}}\ncode_configuration: {{code: .}}\n",
    f"{BASE}environment: {{image: x, conda_file: {{dependencies: [{{pip: []}}]}}}}\nmodel: {{path: model.pkl}}\n",
    f"{BASE}code_configuration: {{code: src, scoring_script: s.py}}\nmodel: {{path: modle.pkl}}\n",
    f"{BASE}code_configuration: {{code: ., scoring_script: score.py}}\nmodel: {{path: outputs/other.onnx}}\n",
    f"{BASE}request_settings: {{request_timeout_ms: 600000}}\n",
    f"{BASE}data_collector: {{collections: {{}}, request_logging: {{capture_headers: a}}}}\n",
    f"{BASE}tags: &a {{b: *a}}\n",
    f"{BASE}name: green\n",
    "endpoint_name: digits\nmodel: azureml:m:1\n",
    f"{BASE}model: [\n",
    f"{BASE}model: *a\n",
    f"{BASE}model: @a\n",
    f"{BASE}model:\n\tpath: a\n",
    f"{BASE}model: a: b\n",
    f"{BASE}model: !thing a\n",
    f"{BASE}model: 2024-13-45\n",
    f"{BASE}model: \x01\n",
    f"{BASE}tags: {'[' * 120}{']' * 120}\n",
    f"{BASE}? [a, b]\n: c\n",
    f"{BASE}<<: a\n",
    f"{BASE}---\n{BASE}",
)
CONDAS = (
    "- numpy",
    "dependancies: [python=3.10]",
    "dependencies: numpy\nchannels: conda-forge",
    "dependencies: [python=3.10, {pip: numpy}, {numpy: 2}, [a]]",
    "dependencies: [python=3.10, numpy]",
    "dependencies: [python=3.7, {pip: [azureml-inference-server-http==1.4.0, flask==1.0, ./own.whl]}]",
    "dependencies: [python=3.10, pip, {pip: ['azureml-inference-server-http<1.2', flask==3.1.0]}]",
    "dependencies: [python=3.10, pip, {pip: [azureml-inference-server-http==0.8.4, flask==2.0, werkzeug==3.0]}]",
)
VERSION_ONE = (
    '{"entryScript": "scor.py", "condaFile": "no.yml", "sourceDirectory": "no", "condafil": 1, "runtim": "python"}',
    '{"entryScript": "scor.py", "condaFile": "no.yml", "runtim": "{{ a }}"}',
    '{"entryScript": "score.py", "entryScript": ""}',
    '{"entryScript": "score.py",',
    '{"entryScript": "score.py" 1}',
    '{"entryScript" 1}',
    '{"entryScript": [1 2]}',
    '{"entryScript": x}',
    '{"entryScript": "score.py"} 1',
    '{"entryScript": "score.py',
    '{"entryScript": ' + "[" * 120 + "]" * 120 + "}",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_files(tmp_path_factory.mktemp("files"), BESIDE)


def test_deployment_files(folder: Path) -> None:
    for text in DEPLOYMENTS:
        check(lambda text=text: read_project(folder / "deployment.yml", overlay={folder / "deployment.yml": text}).findings)


def test_conda_files(folder: Path) -> None:
    deployment = f"{BASE}model: azureml:m:1\nenvironment: {{image: x, conda_file: conda.yml}}\n"
    for text in CONDAS:
        overlay = {folder / "deployment.yml": deployment, folder / "conda.yml": text}
        check(lambda overlay=overlay: read_project(folder / "deployment.yml", overlay=overlay).findings)


def test_files_of_version_one(folder: Path) -> None:
    beside = {folder / "score.py": "", folder / "deploymentconfig.json": '{"computeTyp": "local"}'}
    for text in VERSION_ONE:
        overlay = {folder / "inferenceconfig.json": text, **beside}
        check(lambda overlay=overlay: read_project(folder / "inferenceconfig.json", overlay=overlay).findings)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    file = tmp_path / "deployment.yml"
    for content in (b"endpoint_name: d\xe9\n", b"endpoint_name: d\n" * 200_000):
        file.write_bytes(content)
        check(lambda: read_project(file).findings)


class Starts:
    def __reduce__(self) -> tuple[Any, ...]:
        import subprocess

        return subprocess.Popen, (["true"],)


class Evaluates:
    def __reduce__(self) -> tuple[Any, ...]:
        return eval, ("1",)


def test_models(tmp_path: Path) -> None:
    whole = pickle.dumps([Starts(), Evaluates(), list(range(1000))])
    for name, content in {
        "suspicious.pkl": whole,
        "cut.pkl": whole[:-20],
        "strange.pkl": whole[:40] + b"\xff" + whole[40:],
        "future.pkl": b"\x80\x09" + whole[2:],
        "names.pkl": b"\x80\x04K\x01K\x02\x93.",
        "extension.pkl": b"\x80\x04\x82\x07.",
        "empty.pkl": b"",
        "zeros.pkl": bytes(64),
        "page.pkl": b"<!doctype html><title>Sign in</title>",
        "pointer.pkl": b"version https://git-lfs.github.com/spec/v1\n",
        "archive.pt": b"PK\x03\x04 and no more",
        "text.pkl": zlib.compress(b"no model"),
        "half.pkl": bz2.compress(whole)[:-20],
        "broken.pkl": zlib.compress(whole)[:20] + bytes(20),
        "array.npy": b"\x93NUMPY\x01\x00\x10\x00{'descr': [}     ",
        "short.npy": b"\x93NUMPY\x01\x00",
        "tensors.safetensors": (2).to_bytes(8, "little") + b'{"}',
        "graph.onnx": b"\x08\x07\x12\x07pytorch\x3a\xff\x01",
    }.items():
        (tmp_path / name).write_bytes(content)
        check(lambda name=name: model_findings(inspect(tmp_path / name), Place(tmp_path / name)))
    for name, member in {"model.pt": "model/data.pkl", "files.zip": "read.me"}.items():
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr(member, whole)
        check(lambda name=name: model_findings(inspect(tmp_path / name), Place(tmp_path / name)))
    (tmp_path / "nothing").mkdir()
    check(lambda: model_findings(inspect(tmp_path / "nothing"), Place(tmp_path)))


def test_models_beside_their_environment(tmp_path: Path) -> None:
    environment = EnvironmentFacts(
        python="3.7",
        installed=(Distribution("numpy", installed="1.20"), Distribution("scikit-learn", installed="1.0")),
        complete=True,
    )
    model = ModelFile(
        tmp_path / "model.pkl",
        Format.PICKLE,
        protocol=5,
        modules=("lightgbm.basic",),
        made_with=(MadeWith("scikit-learn", "1.5.0", "x"),),
        numpy_major=2,
        main_classes=("Scaler",),
    )
    check(lambda: model_findings(model, Place(tmp_path / "deployment.yml"), environment, loaded=True))


def test_that_time_was_up_is_no_finding_in_any_language(tmp_path: Path) -> None:
    file = tmp_path / "model.pkl"
    file.write_bytes(pickle.dumps(list(range(100_000))))
    l10n.speak("pseudo", Pseudo())
    model = inspect(file, Limits(seconds=-1))
    assert not model.complete and not outside_marks(model.problem)
    assert model_findings(model, Place(file)) == ()


def test_what_the_registry_refuses(tmp_path: Path) -> None:
    registry, file = Registry(tmp_path / "registry"), tmp_path / "model.pkl"
    file.write_bytes(pickle.dumps(1))
    model = registry.register(file, "m")
    registry.delete(registry.register(file, "m"))
    record = tmp_path / "export" / "scoredock-model.json"
    record.parent.mkdir()
    record.write_text(json.dumps({"name": "m"}), encoding="utf-8")
    model.path.chmod(0o644)
    model.path.write_bytes(b"other")
    l10n.speak("pseudo", Pseudo())
    for refused in (
        lambda: registry.get("m", "2"),
        lambda: registry.get("m", "7"),
        lambda: registry.get("other"),
        lambda: registry.get("a name"),
        lambda: registry.register(file, "m", version="1"),
        lambda: registry.register(file, "m", version="2"),
        lambda: registry.register(tmp_path / "none", "m"),
        lambda: registry.restore("m", "1"),
        lambda: registry.verify(model, deep=True),
        lambda: resolve("azureml:nowhere:1", find_workspace(tmp_path)),
    ):
        with pytest.raises(ScoredockError) as error:
            refused()
        assert error.value.what and error.value.todo
        assert outside_marks(error.value.what) == outside_marks(error.value.todo) == ""
