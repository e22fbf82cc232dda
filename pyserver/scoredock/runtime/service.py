"""From environment variables and arguments to a running arbiter."""

from __future__ import annotations

import argparse
import ctypes
import importlib
import json
import os
import sys
from typing import Any

from . import imports, preload, sources
from .control import Server


def write_record(folder: str | None, name: str, content: dict[str, Any]) -> None:
    """Write ``folder/name`` so that a reader sees all of it or nothing."""
    if folder is None:
        return
    path = os.path.join(folder, name)
    with open(path + ".new", "w") as file:
        json.dump(content, file)
    os.replace(path + ".new", path)


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
    amlserver = importlib.import_module(preload.SERVER + ".amlserver")
    gunicorn_part = importlib.import_module(preload.SERVER + ".amlserver_linux")

    def serve(host: str, port: int, worker_count: int, health_port: int | None = None) -> None:
        from .application import Application
        from .arbiter import Start

        # The launcher has made the path absolute; on Azure the variable holds what was deployed.
        os.environ["AZUREML_ENTRY_SCRIPT"] = entry
        # As the server looks for modules: gunicorn puts the working directory first unless it is on the path already.
        search = [root for root in roots if root not in sys.path]
        script = os.path.join(roots[0], entry)
        sys.path.extend(search)
        wanted = imports.wanted(script)
        preloaded = preload.Preloaded(options.skip)
        hints = [name for name in options.preload.split(",") if name]
        try:
            server_only = preload.Preloaded()
            server_only.take(preload.server_libraries())
            preloaded.take([*wanted.libraries, *hints])
        except preload.Tainted as taint:
            # An import cannot be undone, a process can: same pid, same inherited socket, without that library.
            again = [*sys.orig_arguments, "--skip", taint.module]  # type: ignore[attr-defined]
            os.execv(sys.executable, again)  # noqa: S606 - there is no shell in it
        finally:
            for root in search:
                sys.path.remove(root)
        Application(Start(options, control, script, wanted, preloaded), worker_count, health_port).run()

    setattr(gunicorn_part, "run", serve)  # noqa: B010 - a module as mypy sees it cannot be changed
    port = str(options.port)
    sys.orig_arguments = [sys.executable, "-u", launcher, *sys.argv[1:]]  # type: ignore[attr-defined]
    sys.argv = ["azmlinfsrv", "--entry_script", os.path.join(roots[0], entry), "--port", port]
    amlserver.run()
