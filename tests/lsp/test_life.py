"""Starting and ending: nothing of a session outlives it, and it ends at once in the middle of anything."""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.lsp.session import PATIENCE, Session

CONDA = "name: e\ndependencies:\n  - python=3.11\n  - pip\n  - pip:\n    - azureml-inference-server-http\n    - {package}\n"
SCRIPT = "def init():\n    pass\n\n\ndef run(data):\n    return data\n"


def test_it_ends_when_it_is_told_to(session: Session) -> None:
    session.stop()
    assert session.process.returncode == 0


def test_it_ends_when_the_editor_is_gone(session: Session) -> None:
    assert session.process.stdin is not None
    session.process.stdin.close()
    session.process.wait(PATIENCE)


def slow_project(folder: Path) -> Path:
    """A project whose environment takes as long as it is given: its one package is built by a child that sleeps."""
    package = folder / "slow"
    package.mkdir(parents=True)
    (package / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        '[project]\nname = "slow"\nversion = "1"\n'
    )
    (package / "backend.py").write_text(
        "import pathlib, time\n"
        f"def wait(*_, **__):\n    pathlib.Path({str(folder / 'building')!r}).touch()\n    time.sleep(600)\n"
        "build_wheel = build_sdist = prepare_metadata_for_build_wheel = get_requires_for_build_wheel = wait\n"
    )
    (folder / "conda.yml").write_text(CONDA.format(package=str(package)))
    (folder / "score.py").write_text(SCRIPT)
    return folder / "score.py"


@pytest.mark.slow
@pytest.mark.timeout(90)
@pytest.mark.parametrize("ending", ["cancel", "shutdown", "kill"])
def test_nothing_outlives_a_deploy_that_is_ended(session: Session, tmp_path: Path, ending: str) -> None:
    script = slow_project(tmp_path)
    number = session.ask("scoredock/deploy", {"uri": script.as_uri(), "target": "process"})
    wait_for((tmp_path / "building").exists, "the build to run")
    started = psutil.Process(session.process.pid).children(recursive=True)
    assert started
    if ending == "cancel":
        session.notify("$/cancelRequest", {"id": number})
        assert session.answer(number)["error"]["code"] == -32800
    elif ending == "shutdown":
        session.stop()  # how long it may take is the bench's affair: 1.5 s
    else:
        assert session.process.stdin is not None
        session.process.stdin.close()  # what the editor's death looks like
        session.process.wait(PATIENCE)
    wait_for(lambda: not any(alive(process) for process in started), "every child to be gone")
    if ending == "cancel":
        assert session.request("scoredock/services", {})["services"] == []


def alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def wait_for(condition, what: str, timeout: float = 60.0) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"in vain waited for {what}"
        time.sleep(0.02)


def test_in_restricted_mode_nothing_runs(start, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    session = start(trusted=False)
    uri = session.open(tmp_path / "score.py", SCRIPT.replace("data):", "):"))
    assert "SD105" in session.codes(uri, 1)
    for method, params in (
        ("deploy", {"uri": uri}),
        ("update", {"name": "x"}),
        ("stop", {"name": "x"}),
        ("score", {"name": "x"}),
        ("samples", {"name": "x"}),
        ("attach", {"name": "x"}),
        ("syncEnvironment", {"uri": uri}),
        ("registerModel", {"uri": uri, "name": "m"}),
        ("newSample", {"uri": (tmp_path / "new").as_uri()}),
    ):
        answer = session.answer(session.ask(f"scoredock/{method}", params))
        assert "Restricted Mode" in answer["error"]["message"], method
    assert psutil.Process(session.process.pid).children() == []
    assert not (tmp_path / "new").exists()
    session.notify("scoredock/settings", {**session.settings, "trusted": True})
    answer = session.answer(session.ask("scoredock/deploy", {"uri": (tmp_path / "nothing.yml").as_uri()}))
    assert "Restricted Mode" not in answer["error"]["message"]


def test_a_print_does_not_reach_the_protocol(start, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    code = (
        "import scoredock.contract.check as c\n"
        "real = c.check\n"
        "def loud(*a, **k):\n    print('a stray print')\n    return real(*a, **k)\n"
        "c.check = loud\n"
        "from scoredock.lsp.start import serve\nserve()\n"
    )
    session = start(sys.executable, "-c", code)
    session.codes(session.open(tmp_path / "score.py", SCRIPT), 1)
    session.stop()
    assert b"a stray print" in session.all_errors()


def test_the_server_runs_on_the_libraries_it_was_given_and_no_others(start, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    session = start()
    report = session.request("scoredock/report", {})["text"]
    assert "Python" in report and str(Path(sys.prefix)) in report
    assert json.dumps(report)
    if sys.platform != "win32":
        session.process.send_signal(signal.SIGTERM)
        session.process.wait(PATIENCE)
