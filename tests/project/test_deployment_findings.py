"""Findings on deployment files: nothing on what Azure takes, an error on what it refuses, at the right place, with a fix."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scoredock.finding import Finding, Fix, Severity
from scoredock.project import read_project

Put = Callable[[dict[str, str]], Path]
BASE = "name: blue\nendpoint_name: digits\ninstance_type: Standard_DS3_v2\n"


def findings_of(text: str, folder: Path) -> tuple[Finding, ...]:
    file = folder / "deployment.yml"
    return read_project(file, overlay={file: text}).findings


def errors(findings: tuple[Finding, ...]) -> list[Finding]:
    return [finding for finding in findings if finding.severity is Severity.ERROR]


def test_what_azure_takes_is_never_called_wrong(deployment_cases: dict[str, Any], beside: Path) -> None:
    wrong = {text: errors(findings_of(text, beside)) for text in deployment_cases["accepted"]}
    assert {text: found for text, found in wrong.items() if found} == {}


def test_what_azure_refuses_is_said(deployment_cases: dict[str, Any], beside: Path) -> None:
    refused = deployment_cases["refused"] + [text for some in deployment_cases["refused_later"].values() for text in some]
    assert len(refused) > 100
    assert [text for text in refused if not errors(findings_of(text, beside))] == []


@pytest.mark.parametrize(
    ("text", "code", "place", "words"),
    [
        ("instance_counts: 1\n", "SD408", (4, 1, 4, 16), "Did you mean 'instance_count'"),
        ("request_settings:\n  request_timeout: 1\n", "SD408", (5, 3, 5, 18), "'request_timeout_ms'"),
        ("livenessProbe: {period: 1}\n", "SD408", (4, 1, 4, 14), "'liveness_probe'"),
        ("scoring_script: s.py\n", "SD408", (4, 1, 4, 15), "belongs under 'code_configuration'"),
        ("environment: {image: x, dependencies: [a]}\n", "SD408", (4, 25, 4, 37), "belongs into the conda file"),
        ("instance_count: many\n", "SD408", (4, 17, 4, 21), "a whole number"),
        ("tags:\n  - a\n", "SD408", (5, 3, 5, 6), "keys of its own"),
        ("description:\n", "SD408", (4, 1, 4, 12), "no value"),
        ("type: kubernets\n", "SD408", (4, 7, 4, 16), "Did you mean 'kubernetes'"),
        ("resources: {limits: {cpu: '1'}}\n", "SD408", (4, 1, 4, 10), "kubernetes deployments only"),
        ("scale_settings:\n  type: default\n  max_instances: 3\n", "SD408", (6, 3, 6, 16), "target_utilization"),
        ("request_settings:\n  request_timeout_ms: 600000\n", "SD408", (5, 23, 5, 29), "180000"),
        ("model:\n  path: modle.pkl\n", "SD402", (5, 9, 5, 18), "Did you mean 'model.pkl'"),
        ("model:\n  path: MODEL.pkl\n", "SD402", (5, 9, 5, 18), "Did you mean 'model.pkl'"),
        ("model:\n  path: outputs/model.pkl\n", "SD402", (5, 9, 5, 26), "does not exist"),
        ("code_configuration: {code: src, scoring_script: s.py}\n", "SD401", (4, 28, 4, 31), "'src' does not exist"),
        ("code_configuration: {code: ., scoring_script: score.py}\n", "SD401", (4, 47, 4, 55), "score.py"),
        ("code_configuration: {code: ., scoring_script: S.py}\n", "SD401", (4, 47, 4, 51), "Did you mean 's.py'"),
        ("code_configuration: {code: .}\n", "SD401", (4, 1, 4, 19), "'scoring_script' is missing"),
        ("environment: {image: x, conda_file: conda.yaml}\n", "SD408", (4, 37, 4, 47), "Did you mean 'conda.yml'"),
        ("environment: {image: x, conda_file: 'file:./conda.yml'}\n", "SD408", (4, 37, 4, 55), "Did you mean 'conda.yml'"),
        ("environment: {build: {path: folder}}\n", "SD408", (4, 29, 4, 35), "no 'Dockerfile'"),
        (
            "environment:\n  inference_config:\n    liveness_route: {port: 1, path: /}\n",
            "SD408",
            (6, 5, 6, 5),
            "'readiness_route'",
        ),
    ],
)
def test_each_mistake_is_said_at_its_place(
    text: str, code: str, place: tuple[int, int, int, int], words: str, beside: Path
) -> None:
    found = findings_of(BASE + text, beside)
    here = [f for f in found if (f.place.line, f.place.column, f.place.end_line, f.place.end_column) == place]
    assert here, [(str(f.place), f.message) for f in found]
    assert here[0].code == code and words in here[0].message and here[0].severity is Severity.ERROR


@pytest.mark.parametrize(
    "text",
    [
        BASE + "instance_counts: 1\n",
        BASE + "request_settings:\n  request_timeout: 1\n",
        BASE + "type: kubernets\n",
        BASE + "data_collector:\n  collections: {a: {enabled: true}}\n",
        BASE + "data_collector:\n  collections: {1: {enabled: 'true'}}\n",
        BASE.replace("blue", "123").replace("name: 123", "name: 1234", 1),
        BASE + "model: model.pkl\n",
        BASE + "model: {path: modle.pkl}\n",
        BASE + 'model: {path: "modle.pkl"}\n',
        BASE + "code_configuration: {code: ., scoring_script: S.py}\n",
        BASE + "code_configuration: {code: foldr, scoring_script: ../s.py}\n",
        BASE + "environment: {image: x, conda_file: conda.yaml}\r\n",
    ],
)
def test_a_fix_leaves_nothing_to_say(text: str, beside: Path, apply: Callable[[str, Fix], str]) -> None:
    found = errors(findings_of(text, beside))
    assert found and found[0].fix is not None, found
    mended = apply(text, found[0].fix)
    left = errors(findings_of(mended, beside))
    # A name of digits alone is quoted first and is then still no name that Azure takes.
    assert [f.message for f in left if "refuses the name" not in f.message] == [], mended


def test_names_given_on_the_command_line_are_no_error(beside: Path) -> None:
    found = findings_of("$schema: managedOnlineDeployment.schema.json\ninstance_type: x\nmodel: azureml:m:1\n", beside)
    assert [(f.severity, "--" in f.message) for f in found] == [(Severity.INFORMATION, True)] * 2


def test_a_key_twice_is_a_warning(beside: Path) -> None:
    (finding,) = findings_of(BASE + "description: a\ndescription: b\nmodel: azureml:m:1\n", beside)
    assert finding.severity is Severity.WARNING and finding.place.line == 5 and "only this last one counts" in finding.message


@pytest.mark.parametrize("path", ["model.pkl", "./model.pkl", "../{folder}/model.pkl", "{absolute}/model.pkl"])
def test_a_model_that_is_there_is_found_however_it_is_written(path: str, beside: Path) -> None:
    written = path.replace("{folder}", beside.name).replace("{absolute}", str(beside))
    assert errors(findings_of(f"{BASE}model: {{path: {written}}}\n", beside)) == []


@pytest.mark.parametrize(
    ("value", "silent"),
    [
        *((value, True) for value in ("$(COUNT)", "${COUNT}", "$COUNT", "'#{COUNT}#'", "'%COUNT%'", "__COUNT__")),
        *((value, True) for value in ("<number>", "<% NUMBER %>", "'{{COUNT}}'")),
        *((value, False) for value in ("count", "'$5'", "100%", "'< 3'")),
    ],
)
def test_values_that_a_pipeline_fills_in_are_not_judged(value: str, silent: bool, beside: Path) -> None:
    assert (errors(findings_of(f"{BASE}instance_count: {value}\n", beside)) == []) is silent


def test_code_is_not_missed_where_none_is_needed(put: Put) -> None:
    environment = "environment: {image: x, conda_file: {dependencies: [{pip: [azureml-inference-server-http]}, pip]}}\n"
    folder = put({"mlflow/MLmodel": "", "plain/x.pkl": ""})
    for text, warned in [
        (f"{BASE}model: {{path: plain}}\n{environment}", True),
        (f"{BASE}model: {{path: mlflow}}\n{environment}", False),
        (f"{BASE}model: {{path: plain, type: triton_model}}\n{environment}", False),
        (f"{BASE}model: {{path: plain}}\nenvironment: {{image: x}}\n", False),
        (f"{BASE}model: azureml:m:1\n{environment}", False),
    ]:
        assert ([f.code for f in findings_of(text, folder)] == ["SD401"]) is warned, text


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("", True),
        ("environment_variables: {WORKER_COUNT: 1}\n", True),
        ("environment_variables: {A: b}\n", True),
        ("environment_variables: {WORKER_COUNT: '4'}\n", False),
        ("environment_variables: {WORKER_COUNT: 2}\n", False),
        ("environment_variables: {WORKER_COUNT: $WORKERS}\n", False),
    ],
)
def test_requests_that_come_at_once_need_workers(more: str, said: bool, beside: Path) -> None:
    code = "code_configuration: {code: ., scoring_script: s.py}\nrequest_settings: {max_concurrent_requests_per_instance: 4}\n"
    found = findings_of(BASE + code + more, beside)
    assert [(f.code, f.severity, f.place.line, f.place.column) for f in found] == (
        [("SD416", Severity.INFORMATION, 5, 58)] * said
    )


def test_half_typed_files_never_raise(deployment_cases: dict[str, Any], beside: Path) -> None:
    chance = random.Random(7)  # noqa: S311 - repeatable, not secret
    texts = deployment_cases["accepted"] + deployment_cases["refused"]
    for text in texts:
        for _ in range(6):
            cut = chance.randrange(len(text) + 1)
            half = (
                text[:cut]
                + chance.choice(["", ":", "- ", "{", "\t", "&a ", "*a", "<<: 3", "'", "\x00", "[[", "? ", "| "])
                + text[cut + chance.randint(0, 4) :]
            )
            first = findings_of(half, beside)
            assert first == findings_of(half, beside)
