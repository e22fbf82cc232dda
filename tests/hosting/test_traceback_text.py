"""Tracebacks read back from text, as several Pythons print them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scoredock.hosting.crash import Paths
from scoredock.hosting.observed import Observer
from scoredock.hosting.traceback_text import Reader, blocks, failure_in

STAMP = "2026-01-02 03:04:05,678 E [12] azmlinfsrv - "
SCRIPT = """\
import faulthandler, logging, sys, traceback
logging.basicConfig(format="%(asctime)s %(levelname).1s [%(process)d] x - %(message)s")
def first():
    return {}["a: b"]
def second():
    try:
        first()
    except KeyError as error:
        raise ValueError("two\\n  File \\"not a frame\\", line 3\\nlines") from error
def third():
    try:
        second()
    except ValueError:
        None.nothing
try:
    third()
except AttributeError:
    logging.error("Encountered " + traceback.format_exc())
logging.error("after")
try:
    compile("a = (1,\\nb = = 2", "made_up.py", "exec")
except SyntaxError:
    logging.error(traceback.format_exc())
def again(n):
    return again(n + 1)
try:
    again(0)
except RecursionError:
    logging.error(traceback.format_exc())
"""


def pythons() -> list[str]:
    """One interpreter of each minor version at hand."""
    found = {sys.version_info[:2]: sys.executable}
    for minor in range(7, 15):
        name = f"python3.{minor}"
        pyenv = sorted((Path.home() / ".pyenv" / "versions").glob(f"3.{minor}.*/bin/python"))
        for path in [*map(str, pyenv), *filter(None, [shutil.which(name)])]:
            found.setdefault((3, minor), path)
    return [path for _, path in sorted(found.items())]


@pytest.mark.parametrize("python", pythons())
def test_chains_syntax_errors_and_recursion(python: str, tmp_path: Path) -> None:
    file = tmp_path / "made.py"
    file.write_text(SCRIPT, encoding="utf-8")
    environment = {**os.environ, "NO_COLOR": "1"}
    log = subprocess.run([python, str(file)], capture_output=True, text=True, check=True, env=environment).stderr
    chain, syntax, recursion = list(blocks(log.splitlines()))
    assert [error["type"] for error in chain.errors] == ["KeyError", "ValueError", "AttributeError"]
    assert [error["frames"][-1]["line"] for error in chain.errors] == [4, 9, 14]
    assert chain.errors[0]["message"] == "'a: b'"
    assert chain.errors[1]["message"] == 'two\n  File "not a frame", line 3\nlines'
    assert [frame["function"] for frame in chain.errors[1]["frames"]] == ["third", "second"]
    (error,) = syntax.errors
    assert (error["type"], error["frames"][-1]["path"]) == ("SyntaxError", "made_up.py")
    assert recursion.errors[-1]["type"] == "RecursionError"
    assert recursion.errors[-1]["frames"][-1]["function"] == "again"


def test_a_segmentation_fault_is_found_at_the_line(tmp_path: Path) -> None:
    script = tmp_path / "score.py"
    script.write_text(
        "import ctypes, faulthandler\nfaulthandler.enable()\ndef run(d):\n    ctypes.string_at(0)\nrun(1)\n", encoding="utf-8"
    )
    log = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False).stderr
    observer = Observer(Paths(tmp_path, script))
    found = [observer.feed(line) for line in [*log.splitlines(), STAMP + "Booting"]]
    (finding,) = [entry for entry in found if entry]
    assert (finding.code, finding.place.line) == ("SD502", 4)
    assert "Segmentation fault" in finding.message


def test_the_reason_for_a_failed_start_is_read_from_the_log_alone() -> None:
    wrapper = "azureml_inference_server_http.server.user_script."
    log = f"""\
{STAMP}Encountered Exception Traceback (most recent call last):
  File "/site-packages/azureml_inference_server_http/server/user_script.py", line 119, in invoke_init
    self._user_init()
  File "/var/azureml-app/code/score.py", line 6, in init
    model = joblib.load(path)
FileNotFoundError: [Errno 2] No such file or directory: 'model.pkl'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/site-packages/azureml_inference_server_http/server/aml_blueprint.py", line 120, in setup
    self.user_script.invoke_init()
{wrapper}UserScriptException: Caught an unhandled exception from the user script

{STAMP}Worker exiting"""
    failure = failure_in(log.splitlines())
    assert failure is not None
    assert failure["phase"] == "init"
    assert [error["type"] for error in failure["chain"]] == ["FileNotFoundError"]
    assert failure["chain"][0]["frames"][-1] == {"path": "/var/azureml-app/code/score.py", "line": 6, "function": "init"}
    contract = f'Traceback (most recent call last):\n  File "x.py", line 1, in setup\n{wrapper}UserScriptError: run() cannot.\n'
    failure = failure_in(contract.splitlines())
    assert failure is not None
    assert (failure["phase"], failure["chain"][0]["message"]) == ("contract", "run() cannot.")
    assert failure_in(["nothing", "of the sort"]) is None


def test_a_traceback_without_end_does_not_fill_the_memory() -> None:
    reader = Reader()
    assert reader.feed("Traceback (most recent call last):") is None
    found = [reader.feed(f"line {number}") for number in range(20_000)]
    assert sum(len(block.text) for block in found if block) < 200_000
