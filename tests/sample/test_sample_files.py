"""What `scoredock new` writes, and what it refuses to touch."""

from __future__ import annotations

import ast
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from scoredock.cli.main import run
from scoredock.project.sample import SampleNotWritten, python_for_sample, write_sample


def test_the_sample_has_every_file_it_promises(tmp_path: Path) -> None:
    written = write_sample(tmp_path / "digits", python="3.12")
    names = {file.relative_to(tmp_path / "digits").as_posix() for file in written}
    assert names == {
        ".amlignore",
        "README.md",
        "conda.yml",
        "data/LICENSE.txt",
        "data/mnist-6k.npz",
        "deployment.yml",
        "requests/digit-two.json",
        "score.py",
        "train.py",
    }
    assert [entry.name for entry in tmp_path.iterdir()] == ["digits"], "nothing else is left beside it"
    conda = yaml.safe_load((tmp_path / "digits" / "conda.yml").read_text(encoding="utf-8"))
    assert "python=3.12" in conda["dependencies"]
    assert all("==" in pin for pin in conda["dependencies"][-1]["pip"])
    for script in ("score.py", "train.py"):
        ast.parse((tmp_path / "digits" / script).read_text(encoding="utf-8"), feature_version=(3, 10))
    (digit,) = json.loads((tmp_path / "digits" / "requests" / "digit-two.json").read_text(encoding="utf-8"))["data"]
    assert len(digit) == 784
    assert "creativecommons.org/licenses/by-sa/3.0" in (tmp_path / "digits" / "data" / "LICENSE.txt").read_text(encoding="utf-8")
    assert (tmp_path / "digits" / "data" / "mnist-6k.npz").stat().st_size < 1_200_000


@pytest.mark.parametrize(("running", "pinned"), [((3, 9), "3.10"), ((3, 10), "3.10"), ((3, 13), "3.13"), ((3, 15), "3.13")])
def test_the_python_at_hand_is_pinned_if_the_packages_exist_for_it(running: tuple[int, int], pinned: str) -> None:
    assert python_for_sample(running) == pinned


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "score.py").write_text("print('mine')", encoding="utf-8")
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    for taken in ("mine", "file"):
        with pytest.raises(SampleNotWritten, match="exists already"):
            write_sample(tmp_path / taken)
    assert (tmp_path / "mine" / "score.py").read_text(encoding="utf-8") == "print('mine')"
    assert {entry.name for entry in tmp_path.iterdir()} == {"mine", "file"}


def test_an_empty_folder_may_be_used_and_parents_are_made(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert write_sample(tmp_path / "empty")
    assert write_sample(tmp_path / "a" / "b" / "c")


def test_a_folder_that_cannot_be_written_is_one_sentence() -> None:
    with pytest.raises(SampleNotWritten, match="cannot be written to /proc/nowhere"):
        write_sample(Path("/proc/nowhere/digits"))


def test_the_command_says_what_it_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["new", str(tmp_path / "digits"), "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["folder"] == str(tmp_path / "digits") and len(made["files"]) == 9
    assert made["environment"] == "azureml:digits:1"
    assert run(["new", str(tmp_path / "digits")]) == 1
    assert "exists already" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_the_wheel_carries_the_sample(tmp_path: Path) -> None:
    top = Path(__file__).resolve().parents[2]
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=top, check=True, capture_output=True, timeout=100)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(io.BytesIO(wheel.read_bytes())).namelist())
    for file in (".amlignore", "score.py", "data/mnist-6k.npz", "data/LICENSE.txt", "requests/digit-two.json"):
        assert f"scoredock/project/digits/{file}" in names
