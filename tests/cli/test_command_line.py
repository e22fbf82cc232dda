"""The command as people type it: help, typos, exit codes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from scoredock.cli.main import COMMANDS, FAILURE, FINE, USAGE, run


def scoredock(*arguments: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "scoredock", *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == FINE
    text = capsys.readouterr().out
    assert all(name in text for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_that_starts_with_its_purpose(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == FINE
    assert capsys.readouterr().out.startswith(f"usage: scoredock {name}")


def test_a_typo_gets_the_nearest_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["depoly"]) == USAGE
    assert "Did you mean 'deploy'?" in capsys.readouterr().err


def test_a_wrong_argument_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["deploy", "--port", "99999"]) == USAGE
    assert "a number from 1 to 65535" in capsys.readouterr().err
    assert run(["deploy", "--platform", "amd64"]) == USAGE
    assert "not a platform such as linux/amd64" in capsys.readouterr().err
    assert run(["logs", "--since", "yesterday"]) == USAGE
    assert "neither a time such as" in capsys.readouterr().err
    assert run(["deploy", "--gpus", "some"]) == USAGE
    assert "neither a number of GPUs nor 'all'" in capsys.readouterr().err


def test_a_failure_says_what_happened_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["stop", "nobody"]) == FAILURE
    said = capsys.readouterr().err
    assert said == "error: There is no service 'nobody'. Services on this machine: none.\n"


def test_with_json_a_failure_is_one_document_on_stdout() -> None:
    import json

    done = scoredock("update", "nobody", "--json")
    assert done.returncode == FAILURE
    assert json.loads(done.stdout)["error"] == "There is no service 'nobody'."


def test_a_reader_that_goes_away_is_no_error() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "scoredock", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as writer:
        assert writer.stdout and writer.stderr
        writer.stdout.close()
        assert writer.stderr.read() == b""
