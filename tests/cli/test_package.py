"""`scoredock package`, from the command line to the image."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

pytestmark = [pytest.mark.docker, pytest.mark.timeout(180)]


def scoredock(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scoredock", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=170, stdin=subprocess.DEVNULL)


def test_an_image_with_its_dockerfiles_and_one_json_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCOREDOCK_BASE_IMAGE", os.environ["SCOREDOCK_TEST_BASE_IMAGE"])
    (tmp_path / "score.py").write_text("def init():\n    pass\n\n\ndef run(data):\n    return data\n")
    (tmp_path / "requirements.txt").write_text("azureml-inference-server-http\n")
    tag = f"scoredock-test-{uuid.uuid4().hex[:12]}:1"
    try:
        done = scoredock("package", tmp_path, "--tag", tag, "--dockerfiles", tmp_path / "kept", "--json")
        assert done.returncode == 0, done.stderr
        document = json.loads(done.stdout)
        assert document["tag"] == tag and document["bytes"] > 1e6
        assert "requirements.txt" in (tmp_path / "kept" / "Dockerfile.environment").read_text()
        assert 'COPY ["code"' in (tmp_path / "kept" / "Dockerfile").read_text()
        plain = scoredock("package", tmp_path, "--tag", tag, "--verbose")
        assert plain.returncode == 0 and f"docker run --rm -p 127.0.0.1:5001:5001 {tag}" in plain.stdout
    finally:
        subprocess.run(["docker", "rmi", "-f", tag], capture_output=True, check=False)


def test_without_an_engine_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    (tmp_path / "score.py").write_text("def init():\n    pass\n\n\ndef run(data):\n    return data\n")
    done = scoredock("package", tmp_path)
    assert done.returncode == 1
    assert "No Docker engine answers" in done.stderr and "Traceback" not in done.stderr
