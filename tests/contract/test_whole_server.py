"""The complete server process agrees with its application in a forked child, and shows what only it can show: its log."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import NamedTuple

import pytest

from scoredock.contract.check import check
from tests.contract.applying import apply
from tests.contract.cases import answers, requests, starting
from tests.contract.cases.case import EXIT, FAILS, Case

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180), pytest.mark.skipif(os.name == "nt", reason="gunicorn")]

PATIENCE = 60


def chosen(cases: tuple[Case, ...], *names: str) -> list[Case]:
    return [case for case in cases if str(case) in names]


CASES = [
    *chosen(starting.CASES, "SD103-no run", "SD111-future annotations", "SD115-init"),
    *chosen(requests.CASES, "SD203-init forgot", "SD206-predict", "SD207-number", "SD202-renamed"),
    *chosen(answers.CASES, "SD301-dumps", "SD306-keys"),
]


class Process(NamedTuple):
    exit: int | None
    status: int | None
    body: str
    log: str


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def ask(url: str, data: bytes | None = None) -> tuple[int, str]:
    request = urllib.request.Request(url, data=data, headers={"Content-Type": "application/json"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def run_server(python: Path, model_dir: Path, folder: Path, text: str, request: str) -> Process:
    """`azmlinfsrv` over a script, until it is healthy or gone; one request; its log."""
    (folder / "score.py").write_text(text, encoding="utf-8")
    port = free_port()
    log = folder / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [
                str(python.with_name("azmlinfsrv")),
                "--entry_script",
                "score.py",
                "--port",
                str(port),
                "--model_dir",
                str(model_dir),
            ],
            cwd=folder,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    status, body = None, ""
    try:
        deadline = time.monotonic() + PATIENCE
        while process.poll() is None and status is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                assert ask(f"http://127.0.0.1:{port}/") == (200, "Healthy")
                status, body = ask(f"http://127.0.0.1:{port}/score", request.encode())
            time.sleep(0.05)  # between two probes
        code = process.poll()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(PATIENCE)
    return Process(code, status, body, log.read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_whole_process_does_what_the_forked_application_does(
    case: Case, server_python: Path, model_dir: Path, tmp_path: Path
) -> None:
    seen = run_server(server_python, model_dir, tmp_path, case.bad, case.request)
    if case.expect == EXIT:
        assert seen.exit == 3, seen.log[-2000:]
    elif case.expect == FAILS:
        assert (seen.exit, seen.status) == (None, 500), seen.log[-2000:]
    else:
        assert (seen.exit, seen.status, seen.body) == (None, 200, case.expect)


LOGGING = "import logging\n{}\n\ndef init():\n    pass\n\n\ndef run(data):\n    {}.info('se' + 'en')\n    return 1\n"


@pytest.mark.parametrize("before", ["", "logging.basicConfig(level=logging.INFO)\n"])
def test_hidden_messages_are_hidden_and_shown_after_the_fix(
    before: str, server_python: Path, model_dir: Path, tmp_path: Path
) -> None:
    text = LOGGING.format(before, "logging")
    (finding,) = [one for one in check(text, Path("score.py")) if one.code == "SD303"]
    assert finding.severity.value == "information"
    hidden = run_server(server_python, model_dir, tmp_path, text, "{}")
    assert hidden.status == 200
    assert "seen" not in hidden.log
    assert finding.fix is not None
    fixed = apply(text, finding.fix)
    assert not check(fixed, Path("score.py"))
    assert "seen" in run_server(server_python, model_dir, tmp_path, fixed, "{}").log


@pytest.mark.parametrize(
    ("before", "logger"),
    [
        ("", "logging.getLogger('azmlinfsrv.mine')"),
        ("log = logging.getLogger('mine')\nlog.setLevel(logging.INFO)\n", "log"),
        ("logging.basicConfig(level=logging.INFO, force=True)\n", "logging"),
    ],
)
def test_messages_that_are_shown_are_not_called_hidden(
    before: str, logger: str, server_python: Path, model_dir: Path, tmp_path: Path
) -> None:
    text = LOGGING.format(before, logger)
    assert not check(text, Path("score.py"))
    assert "seen" in run_server(server_python, model_dir, tmp_path, text, "{}").log
