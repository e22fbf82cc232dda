"""From files to one project value, whichever files there are."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path, PurePosixPath

import pytest
from tests.files import write_files

from scoredock.finding import Finding, Severity
from scoredock.project import find_projects, read_project
from scoredock.project.sample import write_sample
from scoredock.project.values import (
    CondaFile,
    DockerBuild,
    EnvironmentReference,
    Probe,
    Project,
    RequestSettings,
    Resources,
    Source,
)

SCRIPT = "def init():\n    pass\n\n\ndef run(raw_data):\n    return raw_data\n"
DEPLOYMENT = """\
$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json
name: blue
endpoint_name: Digits_One
model:
  path: ../models/digits.joblib
code_configuration:
  code: src
  scoring_script: online/score.py
environment:
  image: mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04
  conda_file: conda.yml
instance_type: Standard_DS3_v2
environment_variables:
  WORKER_COUNT: 2
  GREETING: "yes"
request_settings:
  request_timeout_ms: "9000"
  max_concurrent_requests_per_instance: 2
liveness_probe:
  initial_delay: 30
  failure_threshold: 5
"""
CONDA = """\
name: e
channels: [conda-forge]
dependencies:
  - python=3.11
  - pip
  - pip:
      - azureml-inference-server-http==1.5.1
"""


def project_of(path: Path) -> Project:
    reading = read_project(path)
    assert reading.project is not None, reading.findings
    return reading.project


def errors(findings: tuple[Finding, ...]) -> list[str]:
    return [
        f"{finding.code} {finding.place.line}:{finding.place.column}"
        for finding in findings
        if finding.severity is Severity.ERROR
    ]


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    return write_files(
        tmp_path,
        {
            "deploy/deployment.yml": DEPLOYMENT,
            "deploy/conda.yml": CONDA,
            "deploy/src/online/score.py": SCRIPT,
            "models/digits.joblib": "x",
        },
    )


def test_a_deployment_file_says_everything(whole: Path) -> None:
    reading = read_project(whole / "deploy" / "deployment.yml")
    assert reading.findings[0].message.startswith("Azure refuses the name 'Digits_One'")
    assert len(reading.findings) == 1
    deploy = whole / "deploy"
    project = reading.project
    assert project is not None
    assert project.source is Source.DEPLOYMENT
    assert project.name == "digits-one-blue"
    assert (project.code, project.entry_script) == (deploy / "src", deploy / "src" / "online" / "score.py")
    assert project.import_roots == (deploy / "src" / "online",)
    (model,) = project.models
    assert (model.source, model.mounted_as) == (whole / "models" / "digits.joblib", PurePosixPath("digits.joblib"))
    assert project.environment == CondaFile(deploy / "conda.yml")
    assert project.base_image == "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"
    assert project.environment_variables == (("WORKER_COUNT", "2"), ("GREETING", "yes"))
    assert project.request_settings == RequestSettings(request_timeout_ms=9000, max_concurrent_requests_per_instance=2)
    assert project.liveness_probe == Probe(initial_delay=30, failure_threshold=5) and project.readiness_probe == Probe()
    assert project.liveness_probe.patience == 80


def test_the_same_project_from_its_folder_and_from_its_script(whole: Path) -> None:
    expected = project_of(whole / "deploy" / "deployment.yml")
    assert project_of(whole / "deploy") == expected
    assert project_of(whole / "deploy" / "src" / "online" / "score.py") == expected
    assert project_of(whole) == expected, "the only project below a folder is the folder's"


def test_several_deployments_in_one_folder(tmp_path: Path) -> None:
    plain = "name: {name}\nendpoint_name: abc\ninstance_type: x\ncode_configuration: {{code: ., scoring_script: {script}}}\n"
    write_files(
        tmp_path,
        {
            "blue.yml": plain.format(name="blue", script="one.py"),
            "green.yaml": plain.format(name="green", script="two.py"),
            "endpoint.yml": "name: abc\nauth_mode: key\n",
            "job.yml": "$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json\ncode: .\n",
            "batch.yml": "endpoint_name: abc\ncompute: azureml:c\ncode_configuration: {code: ., scoring_script: x.py}\n",
            "one.py": SCRIPT,
            "two.py": SCRIPT,
            "three.py": SCRIPT,
            "batch/score.py": SCRIPT.replace("raw_data", "mini_batch"),
            "parallel/score.py": SCRIPT.replace("raw_data", "data, mini_batch_context"),
            "node_modules/x/score.py": SCRIPT,
        },
    )
    projects = [reading.project for reading in find_projects(tmp_path) if reading.project]
    assert [project.name for project in projects[:2]] == ["abc-blue", "abc-green"]
    assert [project.entry_script for project in projects] == [tmp_path / name for name in ("one.py", "two.py", "three.py")]
    assert project_of(tmp_path).name == "abc-blue"
    assert project_of(tmp_path / "two.py").name == "abc-green"
    assert project_of(tmp_path / "three.py").source is Source.INFERRED
    for name in ("endpoint.yml", "job.yml", "batch.yml"):
        assert read_project(tmp_path / name).project is None and read_project(tmp_path / name).findings == ()


@pytest.mark.parametrize(
    ("written", "reference", "name", "version"),
    [
        ("azureml:digits:3", "azureml:digits:3", "digits", "3"),
        ("azureml:digits@latest", "azureml:digits@latest", "digits", "latest"),
        ("azureml://registries/r/models/digits/versions/3", "azureml://registries/r/models/digits/versions/3", "digits", "3"),
        ("{name: digits, version: 3}", "azureml:digits:3", "digits", "3"),
    ],
)
def test_a_registered_model_is_only_named(tmp_path: Path, written: str, reference: str, name: str, version: str) -> None:
    write_files(tmp_path, {"d.yml": f"name: blue\nendpoint_name: abc\ninstance_type: x\nmodel: {written}\n"})
    (model,) = project_of(tmp_path / "d.yml").models
    assert (model.source, model.reference, model.name, model.version) == (None, reference, name, version)


def test_environments_of_every_kind(tmp_path: Path) -> None:
    base = "name: blue\nendpoint_name: abc\ninstance_type: x\nenvironment:"
    write_files(tmp_path, {"docker/Dockerfile": "FROM x\n"})

    def environment(text: str) -> object:
        write_files(tmp_path, {"d.yml": f"{base}{text}\n"})
        return project_of(tmp_path / "d.yml").environment

    reference = environment(" azureml:tutorial-env:1")
    assert isinstance(reference, EnvironmentReference) and reference.text == "azureml:tutorial-env:1"
    assert reference.place is not None and (reference.place.line, reference.place.column) == (4, 14)
    assert environment(" {build: {path: docker}}") == DockerBuild(tmp_path / "docker", tmp_path / "docker" / "Dockerfile")
    inline = environment("\n  image: x\n  conda_file:\n    name: e\n    dependencies: [python=3.10, {pip: [a==1.0]}]")
    assert isinstance(inline, CondaFile) and inline.path == tmp_path / "d.yml"
    assert inline.inline == "name: e\ndependencies:\n- python=3.10\n- pip:\n  - a==1.0\n"


def test_kubernetes_resources(tmp_path: Path) -> None:
    text = (
        "name: blue\nendpoint_name: abc\ntype: kubernetes\nmodel: azureml:m:1\nresources:\n"
        "  requests: {cpu: '0.1', memory: 500Mi}\n  limits: {cpu: 1500m, memory: 1Gi, nvidia.com/gpu: '1'}\n"
    )
    write_files(tmp_path, {"d.yml": text})
    assert project_of(tmp_path / "d.yml").resources == Resources(1.5, 2**30, 1)
    assert read_project(tmp_path / "d.yml").findings == ()


def test_anchors_windows_line_ends_and_a_byte_order_mark(whole: Path) -> None:
    text = DEPLOYMENT.replace("Digits_One", "digits").replace(
        "liveness_probe:", "readiness_probe: &probe\n  period: 7\nliveness_probe:\n  <<: *probe"
    )
    (whole / "deploy" / "deployment.yml").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    reading = read_project(whole / "deploy" / "deployment.yml")
    assert reading.findings == ()
    assert reading.project is not None
    assert (reading.project.liveness_probe.period, reading.project.liveness_probe.initial_delay) == (7, 30)


def test_placeholders_are_noted_and_the_rest_is_read(whole: Path) -> None:
    file = whole / "deploy" / "deployment.yml"
    text = (
        DEPLOYMENT.replace("name: blue", "name: {{NAME}}")
        .replace("Digits_One", "digits")
        .replace("conda.yml", "{{ conda.file }}")
    )
    write_files(whole, {"deploy/deployment.yml": text})
    reading = read_project(file)
    assert [(f.severity, f.place.line, f.place.column) for f in reading.findings] == [
        (Severity.INFORMATION, 2, 7),
        (Severity.INFORMATION, 11, 15),
    ]
    assert reading.project is not None and reading.project.name == "digits" and reading.project.environment is None


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"name: blue\n\tendpoint_name: abc\n", "2:1"),
        (b"name: [blue\nendpoint_name: abc\n", "2:14"),
        (b"name: blu\xe9\nendpoint_name: abc\n", "1:1"),
        (b"\x00\x01\x02", "1:1"),
        (b"name: blue\r\nendpoint_name: 'abc\r\n", "3:1"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_finding(tmp_path: Path, content: bytes, place: str) -> None:
    (tmp_path / "deployment.yml").write_bytes(content)
    reading = read_project(tmp_path / "deployment.yml")
    assert reading.project is None
    assert errors(reading.findings) == [f"SD408 {place}"]


def test_texts_that_are_not_saved_yet_are_read_instead(whole: Path) -> None:
    file = whole / "deploy" / "deployment.yml"
    overlay = {file: DEPLOYMENT.replace("Digits_One", "digits").replace("score.py", "other.py")}
    reading = read_project(file, overlay=overlay)
    assert errors(reading.findings) == ["SD401 8:19"]
    overlay[whole / "deploy" / "src" / "online" / "other.py"] = SCRIPT
    assert read_project(file, overlay=overlay).findings == ()
    overlay[whole / "deploy" / "conda.yml"] = CONDA.replace("channels", "chanels")
    (finding,) = read_project(file, overlay=overlay).findings
    assert (finding.place.path.name, finding.place.line, finding.severity) == ("conda.yml", 2, Severity.WARNING)
    new = whole / "new" / "deployment.yml"
    assert read_project(new, overlay={new: DEPLOYMENT}).project is not None


def test_a_folder_without_anything_is_no_project(tmp_path: Path) -> None:
    write_files(tmp_path, {"readme.md": "hello", "setup.py": "x = 1\n", "data.json": "[1]"})
    for path in (tmp_path, tmp_path / "readme.md", tmp_path / "data.json", tmp_path / "missing.yml"):
        assert read_project(path).project is None
    assert find_projects(tmp_path) == ()


def test_the_sample_project_is_read_without_a_finding_once_it_is_trained(tmp_path: Path) -> None:
    write_sample(tmp_path / "digits")
    assert errors(read_project(tmp_path / "digits").findings) == ["SD402 6:9"]
    write_files(tmp_path, {"digits/model/digits.joblib": "x"})
    reading = read_project(tmp_path / "digits")
    assert reading.findings == () and reading.project is not None and reading.project.name == "digits-blue"


def test_strange_things_in_a_folder_are_passed_by(tmp_path: Path) -> None:
    write_files(tmp_path, {"score.py": SCRIPT, "sub/deployment.yml": DEPLOYMENT})
    os.mkfifo(tmp_path / "pipe.yml")
    os.mkfifo(tmp_path / "deployment.yml")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "gone.yml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "folder.yml").mkdir()
    (tmp_path / "big.yml").write_bytes(b"endpoint_name: x\n" * 200_000)
    assert [reading.project.source for reading in find_projects(tmp_path) if reading.project] == [
        Source.INFERRED,
        Source.DEPLOYMENT,
    ]
    assert project_of(tmp_path).source is Source.INFERRED
    assert read_project(tmp_path / "deployment.yml").project is None
    assert errors(read_project(tmp_path / "big.yml").findings) == []


def test_any_edit_of_any_file_gives_findings_and_never_raises(tmp_path: Path) -> None:
    version_one = json.dumps(
        {"entryScript": "score.py", "environment": {"python": {"condaDependencies": {"dependencies": ["a"]}}}}
    )
    files = {"conda.yml": CONDA, "deployment.yml": DEPLOYMENT, "inferenceconfig.json": version_one, "score.py": SCRIPT}
    chance = random.Random(11)  # noqa: S311 - repeatable, not secret
    bits = [
        "",
        ":",
        "- ",
        "{",
        "]",
        "\t",
        "&a ",
        "*a",
        "<<: ",
        "'",
        '"',
        "\x00",
        "? ",
        "\n",
        "{{x}}",
        "==",
        "1e999",
        "/",
        "é",
        "\ud800",
        "#",
        "!!set ",
    ]
    for _ in range(300):
        overlay: dict[Path, str] = {}
        for name, text in files.items():
            edited = text
            for _ in range(chance.randint(0, 3)):
                at = chance.randrange(len(edited) + 1)
                edited = edited[:at] + chance.choice(bits) + edited[at + chance.randint(0, 5) :]
            overlay[tmp_path / name] = edited
        for name in files:
            for finding in read_project(tmp_path / name, overlay=overlay).findings:
                assert finding.place.line >= 1 and finding.message
