"""The sample project, trained in an environment with exactly its pinned packages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from scoredock.project.sample import python_for_sample, write_sample


@pytest.fixture(scope="session")
def sample_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment made from the sample's conda.yml, without any part of Scoredock that could help it."""
    folder = tmp_path_factory.mktemp("sample-environment")
    write_sample(folder / "sample")
    conda = yaml.safe_load((folder / "sample" / "conda.yml").read_text(encoding="utf-8"))
    uv = [sys.executable, "-m", "uv"]
    minor = f"{sys.version_info[0]}.{sys.version_info[1]}"
    wanted = sys.executable if minor == python_for_sample() else python_for_sample()
    subprocess.run([*uv, "venv", "-q", "--python", wanted, str(folder / "env")], check=True, timeout=120)
    python = folder / "env" / "bin" / "python"
    packages = conda["dependencies"][-1]["pip"]
    subprocess.run([*uv, "pip", "install", "-q", "-p", str(python), *packages], check=True, timeout=300)
    return python


@pytest.fixture(scope="session")
def trained_sample(sample_environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained") / "digits"
    write_sample(folder)
    subprocess.run([str(sample_environment), "-B", "train.py"], cwd=folder, check=True, timeout=120, capture_output=True)
    return folder
