"""What is imported before the fork and what not, and where user code comes from."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import psutil
import pytest
from tests.files import write_files
from tests.runtime.launched import launched

from scoredock.runtime import imports, sources, unsafe

service_test = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A folder of installed packages to put on the service's path."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    return folder


def wanted(code: Path, monkeypatch: pytest.MonkeyPatch) -> imports.Wanted:
    monkeypatch.setattr(sys, "path", [*sys.path, str(code)])
    sources.define([str(code)])
    return imports.wanted(str(code / "score.py"))


def test_imports_are_read_from_the_script_and_the_modules_behind_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(
        tmp_path,
        {
            "score.py": (
                "import json, os.path as p, own_helper\nfrom own_package.inner import thing\nfrom typing import TYPE_CHECKING\n"
                "if TYPE_CHECKING:\n    import decimal\ntry:\n    import ssl\nexcept ImportError:\n    pass\n"
                "def init():\n    import sqlite3\ndef run(d):\n    import smtplib\nimport not_there_at_all\n"
            ),
            "own_helper.py": "import xml.dom.minidom\nfrom concurrent import futures\n",
            "own_package/__init__.py": "from . import sibling\n",
            "own_package/inner.py": "from .deep import *\nimport wave\n",
            "own_package/sibling.py": "import csv\n",
            "own_package/deep.py": "import gzip\n",
        },
    )
    found = wanted(tmp_path, monkeypatch)
    named = {name for name in found.libraries if not name.endswith("?")}
    assert named >= {"json", "os.path", "typing", "ssl", "sqlite3", "xml.dom.minidom", "concurrent", "wave", "csv", "gzip"}
    assert not named & {"decimal", "smtplib", "own_helper", "own_package", "own_package.inner", "not_there_at_all"}
    assert "concurrent.futures?" in found.libraries, "a name that may be a module"
    files = {Path(path).relative_to(tmp_path.resolve()).as_posix() for path in found.files}
    inside = {"own_package/__init__.py", "own_package/inner.py", "own_package/sibling.py", "own_package/deep.py"}
    assert files == {"score.py", "own_helper.py", *inside}


@pytest.mark.parametrize("text", ["def init(:\n", "\x00", "import " + "a." * 3000 + "b", "(" * 500])
def test_a_script_that_cannot_be_parsed_is_left_to_the_worker(tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path, {"score.py": text})
    found = wanted(tmp_path, monkeypatch)
    assert list(found.files.values()) == [text.encode()]


def test_the_deeper_folder_says_whose_a_file_is(tmp_path: Path) -> None:
    sources.define([str(tmp_path)])
    assert sources.is_user_code(str(tmp_path / "score.py"))
    assert sources.is_user_code("/somewhere/editable/module.py"), "an editable install is code in the making"
    assert not sources.is_user_code(os.__file__)
    import psutil

    assert not sources.is_user_code(psutil.__file__)
    sources.define(["/"])
    assert not sources.is_user_code(psutil.__file__), "an environment inside the code folder stays a library"


def test_every_library_that_is_not_preloaded_has_a_reason() -> None:
    for name in ("tensorflow", "jax", "grpc"):
        assert unsafe.reason_against(name + ".anything")
    assert unsafe.reason_against("numpy") is None
    assert all((entry if isinstance(entry, str) else entry[0]) for entry in unsafe.TABLE.values())


class TestService:
    pytestmark = service_test

    def test_libraries_are_shared_and_user_modules_are_not(self, python: Path, code: Path, folder: Path, library: Path) -> None:
        write_files(library, {"shared_library.py": "import os\nPID = os.getpid()\n"})
        write_files(
            code,
            {
                "helper.py": "import os\nimport shared_library\nPID = os.getpid()\n",
                "score.py": "import helper, os\ndef init(): pass\n"
                "def run(d): return [helper.PID, helper.shared_library.PID, os.getpid()]\n",
            },
        )
        with launched(python, code, folder, PYTHONPATH=str(library)) as service:
            helper, shared, worker = service.score()
            assert (helper, shared) == (worker, service.ask("status")["pid"])
            assert service.update()["ok"]
            again = service.score()
            assert again[1] == shared and again[0] == again[2] != worker

    def test_a_library_with_threads_is_found_out_and_left_to_the_worker(
        self, python: Path, code: Path, folder: Path, library: Path
    ) -> None:
        threads = "import threading, time\nthreading.Thread(target=time.sleep, args=(1000,), daemon=True).start()\n"
        write_files(
            library, {"threadful.py": threads, "harmless.py": "", "tensorflow.py": "", "bringer.py": "import tensorflow\n"}
        )
        write_files(code, {"score.py": "import harmless, threadful, bringer\ndef init(): pass\ndef run(d): return 1\n"})
        with launched(python, code, folder, PYTHONPATH=str(library)) as service:
            status = service.ask("status")
            assert "threads" in status["not_preloaded"]["threadful"]
            assert "bringer" in status["not_preloaded"]
            assert status["preloaded"] == ["harmless"]
            assert status["fork_safe"]
            assert service.update()["ok"] and service.score() == 1

    def test_a_library_that_cannot_be_imported_is_the_scripts_affair(
        self, python: Path, code: Path, folder: Path, library: Path
    ) -> None:
        write_files(library, {"broken.py": "raise RuntimeError('broken')\n", "quitter.py": "import sys\nsys.exit(4)\n"})
        write_files(
            code,
            {
                "score.py": "seen = []\nfor name in ('broken', 'quitter'):\n    try:\n        __import__(name)\n"
                "    except BaseException as error:\n        seen.append(repr(error))\n"
                "try:\n    import broken\n    import quitter\nexcept BaseException:\n    pass\n"
                "def init(): pass\ndef run(d): return seen\n"
            },
        )
        with launched(python, code, folder, PYTHONPATH=str(library)) as service:
            assert service.score() == ["RuntimeError('broken')", "SystemExit(4)"]
            assert "RuntimeError: broken" in service.ask("status")["not_preloaded"]["broken"]

    def test_what_only_turns_out_while_running_is_preloaded_for_the_next_time(
        self, python: Path, code: Path, folder: Path, library: Path
    ) -> None:
        write_files(library, {"hidden/__init__.py": "", "hidden/part.py": "import os\nPID = os.getpid()\n"})
        script = (
            "import importlib\ndef init():\n    global part, plug\n    part = importlib.import_module('hidden' + '.part')\n"
            "    plug = importlib.import_module('plug' + 'in')\ndef run(d): return [part.PID, plug.WORD]\n"
        )
        write_files(code, {"plugin.py": "WORD = 'a'\n", "score.py": script})
        with launched(python, code, folder, PYTHONPATH=str(library)) as service:
            assert service.score()[0] in service.workers()
            limit = time.monotonic() + 60
            while "hidden.part" not in service.ask("status")["preloaded"]:
                assert time.monotonic() < limit
                time.sleep(0.02)
            assert "hidden.part" in service.ask("status")["libraries"]
            (code / "plugin.py").write_text("WORD = 'b'\n", encoding="utf-8")
            assert service.update()["ok"]
            assert service.score() == [service.ask("status")["pid"], "b"]
            (code / "plugin.py").write_text("WORD = 'c'\n", encoding="utf-8")
            os.kill(service.worker(), 9)
            assert service.score()[1] == "b", "the same generation, dynamic imports too"
        with launched(python, code, folder, told={"preload": ["hidden.part", "plugin"]}, PYTHONPATH=str(library)) as service:
            assert service.score() == [service.ask("status")["pid"], "c"]

    def test_what_takes_much_memory_is_had_once_and_shared_from_the_first_update_on(
        self, python: Path, code: Path, folder: Path, library: Path
    ) -> None:
        write_files(library, {"heavy.py": "import os\nPID = os.getpid()\nBALLAST = b'x' * 60_000_000\n"})
        script = (
            "import importlib\ndef init():\n    global heavy\n    heavy = importlib.import_module('hea' + 'vy')\n"
            "def run(d): return heavy.PID\n"
        )
        write_files(code, {"score.py": script})
        with launched(python, code, folder, PYTHONPATH=str(library)) as service:
            arbiter = service.ask("status")["pid"]
            assert service.score() in service.workers()
            limit = time.monotonic() + 60
            while "heavy" not in service.ask("status")["postponed"]:
                assert time.monotonic() < limit
                time.sleep(0.02)
            assert psutil.Process(arbiter).memory_info().rss < 100_000_000
            assert service.update()["ok"]
            assert service.score() == arbiter and service.ask("status")["postponed"] == []
            assert "heavy" in service.ask("status")["preloaded"]

    def test_a_new_import_after_an_update_needs_no_restart(self, python: Path, code: Path, folder: Path, library: Path) -> None:
        with launched(python, code, folder, PYTHONPATH=str(library)) as service:
            write_files(library, {"newcomer.py": "WORD = 'new'\n"})
            write_files(code, {"fresh.py": "WORD = 'fresh'\n"})
            write_files(
                code, {"score.py": "import newcomer, fresh\ndef init(): pass\ndef run(d): return [newcomer.WORD, fresh.WORD]\n"}
            )
            assert service.update()["ok"]
            assert service.score() == ["new", "fresh"]

    def test_no_bytecode_of_user_code_and_that_of_libraries_kept(
        self, python: Path, code: Path, folder: Path, library: Path
    ) -> None:
        write_files(library, {"lib.py": ""})
        write_files(
            code, {"helper.py": "V = 1\n", "package/__init__.py": "from .inner import V\n", "package/inner.py": "V = 1\n"}
        )
        write_files(
            code, {"score.py": "import lib, helper, package\ndef init(): pass\ndef run(d): return [helper.V, package.V, 1]\n"}
        )
        # Bytecode that Python would trust: same size, same second, other code.
        then = time.time() - 100
        for name in ("helper.py", "package/inner.py", "score.py"):
            os.utime(code / name, (then, then))
        import py_compile
        import subprocess

        subprocess.run([str(python), "-m", "compileall", "-q", str(code)], check=True)
        before = {path: path.stat().st_mtime_ns for path in code.rglob("*.pyc")}
        assert len(before) == 4 and py_compile
        for name in ("helper.py", "package/inner.py"):
            (code / name).write_text("V = 2\n", encoding="utf-8")
            os.utime(code / name, (then, then))
        with launched(python, code, folder, PYTHONPATH=str(library)) as service:
            assert service.score() == [2, 2, 1]
        assert {path: path.stat().st_mtime_ns for path in code.rglob("*.pyc")} == before, "neither read nor written"
        assert list(library.rglob("lib*.pyc"))

    def test_tracebacks_show_the_text_that_runs(self, python: Path, code: Path, folder: Path) -> None:
        write_files(code, {"score.py": "def init(): pass\ndef run(d):\n    return 1 / 0  # as deployed\n"})
        with launched(python, code, folder) as service:
            write_files(code, {"score.py": "def init(): pass\ndef run(d):\n    return 1 / 0  # saved since\n"})
            assert service.request()[0] == 500
            assert "# as deployed" in service.log and "# saved since" not in service.log

    def test_logging_is_as_on_azure_though_libraries_come_first(
        self, python: Path, code: Path, folder: Path, library: Path
    ) -> None:
        write_files(library, {"speaker.py": "import logging\nlogger = logging.getLogger('speaker')\n"})
        write_files(
            code,
            {
                "score.py": "import speaker\ndef init(): speaker.logger.warning('the library speaks')\n"
                "def run(d):\n    print('printed', d)\n    return 1\n"
            },
        )
        with launched(python, code, folder, PYTHONPATH=str(library)) as service:
            service.score("x")
            assert "the library speaks" in service.log
            assert "azmlinfsrv.print - printed x" in service.log
            request = '"POST /score HTTP/1.1" 200'
            assert service.until_logged(request).count(request) == 1, "each line once"
            # The logging configuration is part of the user's code: a new one counts from the next update on.
            config = {
                "version": 1,
                "handlers": {"h": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "f"}},
                "formatters": {"f": {"format": "MINE %(name)s %(message)s"}},
                "loggers": {"speaker": {"handlers": ["h"]}, "azmlinfsrv": {"handlers": ["h"], "level": "INFO"}},
            }
            write_files(code, {"logging.json": json.dumps(config)})
            assert service.update()["ok"]
            assert "MINE azmlinfsrv Worker with pid" in service.log
            assert "MINE speaker the library speaks" in service.log
            write_files(code, {"config.json": json.dumps({"SCORING_TIMEOUT_MS": 100})})
            write_files(code, {"score.py": "import time\ndef init(): pass\ndef run(d): time.sleep(20)\n"})
            assert service.update()["ok"]
            assert "Scoring timeout" in service.request()[1]
