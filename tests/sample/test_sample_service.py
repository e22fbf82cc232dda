"""The sample under the real inference server, in exactly the environment its conda.yml pins."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]


@pytest.fixture(scope="module")
def service(
    sample_environment: Path, trained_sample: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path]]:
    """The scoring URI and the log of plain `azmlinfsrv` with the trained sample."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("log") / "server.log"
    argv = [
        str(sample_environment.parent / "azmlinfsrv"),
        "--entry_script",
        "score.py",
        "--model_dir",
        "model",
        "--port",
        str(port),
    ]
    with log.open("wb") as out:
        server = subprocess.Popen(argv, cwd=trained_sample, stdout=out, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                requests.get(f"http://127.0.0.1:{port}/", timeout=20)
                break
            except requests.ConnectionError:
                assert server.poll() is None and time.monotonic() < deadline, log.read_text(encoding="utf-8")
        yield f"http://127.0.0.1:{port}/score", log
    finally:
        server.terminate()
        server.wait(20)


def test_the_uncentred_two_is_a_two(service: tuple[str, Path], trained_sample: Path) -> None:
    body = (trained_sample / "requests" / "digit-two.json").read_bytes()
    answer = requests.post(service[0], body, headers={"Content-Type": "application/json"}, timeout=20)
    assert answer.status_code == 200
    assert answer.json()["predictions"] == [2]
    (probabilities,) = answer.json()["probabilities"]
    assert probabilities[2] > 0.8 and sum(probabilities) == pytest.approx(1, abs=0.01)
    log = service[1].read_text(encoding="utf-8")
    assert "loaded model/digits.joblib" in log and "1 digits scored" in log, "INFO records of the sample are visible"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("", "empty"),
        ("nope", "not JSON"),
        ("[]", '"data"'),
        ('{"data": 3}', "784 numbers"),
        ('{"data": []}', "784 numbers"),
        ('{"data": [[1, 2]]}', "784 numbers"),
        ('{"data": [["x"]]}', "784 numbers"),
        (json.dumps({"data": [[2.0] * 784]}), "from 0"),
        (json.dumps({"data": [[float("nan")] * 784]}), "from 0"),
    ],
)
def test_what_is_wrong_with_a_request_is_said_to_the_client(service: tuple[str, Path], body: str, sentence: str) -> None:
    answer = requests.post(service[0], body, headers={"Content-Type": "application/json"}, timeout=20)
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]


def test_an_empty_image_and_several_images_are_answered(service: tuple[str, Path]) -> None:
    answer = requests.post(service[0], json={"data": [[0.0] * 784, [1.0] * 784]}, timeout=20)
    assert answer.status_code == 200
    assert len(answer.json()["predictions"]) == 2
