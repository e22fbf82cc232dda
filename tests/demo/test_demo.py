"""The main job as a person runs it: whole processes, the real server, real digits."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One sample for the whole module: later runs reuse what the first has made."""
    return tmp_path_factory.mktemp("demo") / "sample"


def command(folder: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "scoredock", "demo", "--folder", str(folder), *arguments]


def demo(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(folder, *arguments), capture_output=True, text=True, check=False, timeout=500)


def processes_of(home: Path) -> list[psutil.Process]:
    """Everything that runs on behalf of this test's folders."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("SCOREDOCK_HOME") == str(home) and process.pid != os.getpid():
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_from_an_empty_folder_to_a_scored_digit_and_an_edit(folder: Path, home: Path) -> None:
    done = demo(folder)
    assert done.returncode == 0, done.stderr
    answers = re.findall(r"answer: (\d)", done.stdout)
    assert answers == ["2", "2"]
    assert re.search(r"POST http://127\.0\.0\.1:\d+/score", done.stdout)
    drawn = [line for line in done.stdout.splitlines() if "█" in line or "▀" in line or "▄" in line]
    assert 8 <= len(drawn) <= 28, "the digit is drawn"
    for step in ("project", "check", "environment", "model", "service", "score", "edit", "update", "stop"):
        assert re.search(rf"^ *\d+  {step} .* (ms|s)$", done.stdout, re.MULTILINE), f"{step} is timed"
    fine, coarse = re.findall(r"probabilities of 0 to 9: (.*)", done.stdout)
    assert max(map(len, fine.split())) == len("0.000") and max(map(len, coarse.split())) == len("0.0"), "the edit is seen"
    assert wait_for(lambda: not processes_of(home)), "nothing is left running"


def test_the_second_run_reuses_what_is_there(folder: Path) -> None:
    done = demo(folder)
    assert done.returncode == 0, done.stderr
    assert "is there" in done.stdout and "there already" in done.stdout
    assert re.findall(r"answer: (\d)", done.stdout) == ["2", "2"]


def test_keep_leaves_the_service_for_later_commands(folder: Path, home: Path) -> None:
    done = demo(folder, "--keep")
    assert done.returncode == 0, done.stderr
    listed = subprocess.run([sys.executable, "-m", "scoredock", "list"], capture_output=True, text=True, check=True, timeout=60)
    assert "scoredock-demo" in listed.stdout and "healthy" in listed.stdout
    stop = [sys.executable, "-m", "scoredock", "stop", "scoredock-demo"]
    subprocess.run(stop, capture_output=True, check=True, timeout=60)
    assert wait_for(lambda: not processes_of(home))


@pytest.mark.parametrize("moment", ["environment", "service", "score", "update"])
def test_ctrl_c_at_any_moment_leaves_nothing_running(folder: Path, home: Path, moment: str) -> None:
    with subprocess.Popen(command(folder), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as run:
        assert run.stdout
        for line in run.stdout:
            if re.match(rf" *\d+  {moment} ", line):
                run.send_signal(signal.SIGINT)
                break
        run.stdout.read()
        assert run.wait(30) != 0
    assert wait_for(lambda: not processes_of(home))
    assert "DECIMALS = 3" in (folder / "score.py").read_text(encoding="utf-8"), "the edit is undone"


@pytest.mark.parametrize("moment", ["project", "model", "service", "edit"])
def test_kill_minus_nine_is_repaired_by_the_next_run(folder: Path, home: Path, moment: str) -> None:
    with subprocess.Popen(command(folder), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as run:
        assert run.stdout
        for line in run.stdout:
            if re.match(rf" *\d+  {moment} ", line):
                run.kill()
                break
        run.wait(30)
    done = demo(folder)
    assert done.returncode == 0, done.stderr
    assert re.findall(r"answer: (\d)", done.stdout) == ["2", "2"]
    assert wait_for(lambda: not processes_of(home))


def test_a_script_that_does_not_start_is_said_with_its_line(folder: Path, home: Path) -> None:
    script = folder / "score.py"
    text = script.read_text(encoding="utf-8")
    try:
        script.write_text(
            text.replace("    global model\n", "    global model\n    raise OSError('no disk')\n"), encoding="utf-8"
        )
        done = demo(folder)
    finally:
        script.write_text(text, encoding="utf-8")
    assert done.returncode == 1
    line = text[: text.index("    global model\n")].count("\n") + 2
    assert f"score.py:{line}:" in done.stderr and "SD501" in done.stderr and "no disk" in done.stderr
    assert wait_for(lambda: not processes_of(home))
