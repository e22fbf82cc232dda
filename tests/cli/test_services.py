"""A service from the command line, as a new user drives it: every command, and every sentence when something is wrong."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SCORE = """\
import json


def init():
    global greeting
    greeting = "hello"


def run(raw_data):
    return {"said": greeting, "data": json.loads(raw_data)["data"]}
"""
CONDA = f"""\
name: echo
dependencies:
  - python={sys.version_info.major}.{sys.version_info.minor}
  - pip
  - pip:
      - azureml-inference-server-http==1.5.1
"""
DEPLOYMENT = """\
name: blue
endpoint_name: echo
code_configuration:
  code: .
  scoring_script: score.py
environment:
  image: mcr.microsoft.com/azureml/minimal-ubuntu22.04-py39-cpu-inference:latest
  conda_file: conda.yml
instance_type: Standard_DS3_v2
liveness_probe:
  initial_delay: 0
  period: 1
  failure_threshold: 60
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "echo"
    folder.mkdir()
    (folder / "score.py").write_text(SCORE, encoding="utf-8")
    (folder / "conda.yml").write_text(CONDA, encoding="utf-8")
    (folder / "deployment.yml").write_text(DEPLOYMENT, encoding="utf-8")
    return folder


def scoredock(*arguments: object, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "scoredock", *map(str, arguments)]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=240, input=stdin or "")


def done(*arguments: object, stdin: str | None = None) -> Any:
    """A command that works, with its one JSON document."""
    outcome = scoredock(*arguments, "--json", stdin=stdin)
    assert outcome.returncode == 0, outcome.stderr
    return json.loads(outcome.stdout)


def sentence(*arguments: object) -> str:
    """A command that fails: exit code 1, no traceback of ours; returns what it said."""
    outcome = scoredock(*arguments)
    assert outcome.returncode == 1, outcome.stdout + outcome.stderr
    assert "scoredock/cli" not in outcome.stderr and "scoredock/hosting" not in outcome.stderr, outcome.stderr
    return outcome.stderr


@pytest.fixture
def service(project: Path) -> Iterator[Any]:
    yield done("deploy", project, "--name", "echo")
    scoredock("stop", "echo")


def test_deploy_list_score_update_logs_stop(project: Path, service: Any) -> None:
    assert service["state"] == "healthy" and service["scoring_uri"].startswith("http://127.0.0.1:")
    assert [found["name"] for found in done("list")] == ["echo"], "a later command finds it"

    answer = done("score", "echo", "--data", "-", stdin='{"data": [1, 2]}')
    assert answer["status"] == 200 and answer["body"] == {"said": "hello", "data": [1, 2]}

    (project / "score.py").write_text(SCORE.replace("hello", "hallo"), encoding="utf-8")
    assert done("update", "echo")["generation"] == 2
    assert done("score", "echo", "--data", "-", stdin='{"data": 3}')["body"]["said"] == "hallo"

    assert "azmlinfsrv" in scoredock("logs", "echo").stdout
    assert done("stop", "echo") == {"stopped": ["echo"]}
    assert done("list") == []


def test_an_update_that_fails_leaves_the_old_code_answering(project: Path, service: Any) -> None:
    (project / "score.py").write_text(SCORE.replace('greeting = "hello"', "greeting = 1 / 0"), encoding="utf-8")
    said = sentence("update", "echo")
    assert (
        "score.py:6:5: error SD501 init-raised" in said and "ZeroDivisionError" in said and "goes on with the code it had" in said
    )
    assert done("score", "echo", "--data", "-", stdin='{"data": 1}')["body"]["said"] == "hello"


def test_a_request_that_fails_is_said_at_its_line(project: Path, service: Any) -> None:
    outcome = scoredock("score", "echo", "--data", "-", stdin='{"dta": 1}')
    assert outcome.returncode == 1 and "unexpected error" in outcome.stdout, "the answer is shown too"
    assert "score.py:10:5: error SD502 run-raised: run() raised KeyError: 'data'." in outcome.stderr
    again = json.loads(scoredock("score", "echo", "--data", "-", "--json", stdin='{"data": 1').stdout)
    assert again["status"] == 500 and "JSONDecodeError" in again["finding"]["message"], "this request, not the one before"


def test_a_taken_port_is_said_before_anything_starts(project: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = sentence("deploy", project, "--port", port)
    assert f"{port}" in said and "in use" in said
    assert "Starting" not in said and done("list") == []


def test_a_crash_in_init_is_on_its_line_and_leaves_nothing(project: Path) -> None:
    (project / "score.py").write_text(SCORE.replace('greeting = "hello"', 'raise OSError("no weights")'), encoding="utf-8")
    said = sentence("deploy", project, "--force")
    assert "score.py:6:5: error SD501 init-raised" in said and "no weights" in said
    assert all(found["state"] in ("crashed", "stopped") for found in done("list"))


def test_a_script_that_never_becomes_healthy_ends_after_the_probes_patience(project: Path) -> None:
    slow = SCORE.replace("    global greeting\n", "    import time\n    time.sleep(600)\n    global greeting\n", 1)
    (project / "score.py").write_text(slow, encoding="utf-8")
    impatient = DEPLOYMENT.replace("failure_threshold: 60", "failure_threshold: 5")
    (project / "deployment.yml").write_text(impatient, encoding="utf-8")
    said = sentence("deploy", project)
    assert "SD504" in said or "5 s" in said, said
    assert all(found["state"] in ("crashed", "stopped") for found in done("list"))


@pytest.mark.parametrize(
    ("break_it", "expected"),
    [
        (lambda folder: (folder / "score.py").unlink(), ("SD401", "deployment.yml:5:19")),
        (lambda folder: (folder / "score.py").write_text("def run(data):\n    return 1\n"), ("SD102", "score.py:1:")),
        (lambda folder: (folder / "deployment.yml").write_text(DEPLOYMENT + "model:\n  path: nowhere\n"), ("SD402", ":15:9")),
        (
            lambda folder: (folder / "deployment.yml").write_text(DEPLOYMENT.replace("code: .", "code: [.")),
            ("deployment.yml:", "SD408"),
        ),
        (
            lambda folder: (folder / "conda.yml").write_text(CONDA + "      - no-such-package-for-scoredock==1.0\n"),
            ("no-such-package-for-scoredock",),
        ),
    ],
    ids=["missing script", "missing init", "missing model", "broken YAML", "unresolvable environment"],
)
def test_what_is_wrong_is_said_with_its_place(project: Path, break_it: Any, expected: tuple[str, ...]) -> None:
    break_it(project)
    said = sentence("deploy", project)
    for part in expected:
        assert part in said, textwrap.shorten(said, 2000)
    assert done("list") == []


def test_a_path_that_does_not_exist(tmp_path: Path) -> None:
    assert "nowhere does not exist." in sentence("deploy", tmp_path / "nowhere")
