"""From environment variables and arguments to a running arbiter."""

from __future__ import annotations

import argparse
import ctypes
import importlib
import os
import sys

from . import sources
from .configuration import SERVER
from .control import Server
from .record import read_start, write_record


def _code_roots() -> list[str]:
    root = os.environ.get("AML_APP_ROOT") or os.getcwd()
    source = os.environ.get("AZUREML_SOURCE_DIRECTORY")
    return [root, os.path.join(root, source)] if source else [root]


def _adopt_orphans() -> None:
    """Become the parent of what user code starts and leaves alone, so that stopping the service finds it (Linux)."""
    try:
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER, linux/prctl.h
    except (OSError, AttributeError):
        pass


def run(options: argparse.Namespace, launcher: str) -> None:
    """Never returns: ends with the arbiter's exit status."""
    # Whoever started us may have been killed before it could note who we are. A folder that is gone means: nobody wants us.
    write_record(options.record, "process.json", {"pid": os.getpid()})
    _adopt_orphans()
    os.environ.setdefault("AML_APP_ROOT", os.getcwd())
    roots = _code_roots()
    sources.define(roots)
    control = Server(options.control)
    entry = os.environ.get("AZUREML_ENTRY_SCRIPT", "")
    amlserver = importlib.import_module(SERVER + ".amlserver")
    gunicorn_part = importlib.import_module(SERVER + ".amlserver_linux")

    def serve(host: str, port: int, worker_count: int, health_port: int | None = None) -> None:
        from .application import Application
        from .arbiter import Start

        # The launcher has made the path absolute; on Azure the variable holds what was deployed.
        os.environ["AZUREML_ENTRY_SCRIPT"] = entry
        # As the server will look for modules, whose app adds these itself.
        sys.path.extend(root for root in roots if root not in sys.path)
        script = os.path.join(roots[0], entry)
        again = [sys.executable, "-u", launcher, *arguments]
        Application(Start(options, control, script, read_start(options.record), again), worker_count, health_port).run()

    setattr(gunicorn_part, "run", serve)  # noqa: B010 - a module as mypy sees it cannot be changed
    port = str(options.port)
    arguments = sys.argv[1:]
    sys.argv = ["azmlinfsrv", "--entry_script", os.path.join(roots[0], entry), "--port", port]
    amlserver.run()
