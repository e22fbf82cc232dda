"""The server's own modules and its configuration: loaded before the fork, and again in a worker when the files behind it
have changed since (``config.json`` and ``logging.json`` are part of the user's code)."""

from __future__ import annotations

import importlib
import logging
import os
import sys
from typing import Iterable

SERVER = "azureml_inference_server_http"
MODULES = ("%s.api.aml_request" % SERVER, "%s.api.aml_response" % SERVER, "%s.server.create_app" % SERVER)


def _files() -> dict[str, tuple[int, int, int]]:
    """The files that the server looks at (its config.py and log_config.py), each with what tells one version from another."""
    root = os.environ.get("AML_APP_ROOT", "")
    script = os.path.join(root, os.environ.get("AZUREML_ENTRY_SCRIPT", ""))
    folders = {root, os.path.dirname(script), os.path.dirname(os.path.realpath(script))}
    paths = [os.path.join(folder, name) for folder in folders for name in ("config.json", "logging.json")]
    seen = {}
    for path in [os.environ.get("AZUREML_CONFIG_FILE", ""), *paths]:
        try:
            found = os.stat(path)
        except OSError:
            continue
        seen[path] = (found.st_mtime_ns, found.st_size, found.st_ino)
    return seen


class Configuration:
    """What the arbiter has loaded of the server."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int, int, int]] | None = None

    def load(self) -> None:
        """In the arbiter, once gunicorn has set up its loggers (the server's own set-up comes after that, and mends it).

        The order matters: what the logging configuration finds is silenced, so the libraries of the script, which come
        later on Azure, have to come later here too. A configuration that is wrong ends the worker, not the arbiter.
        """
        seen = _files()
        try:
            for name in MODULES:
                importlib.import_module(name)
        except BaseException:
            self._drop()
        else:
            self._seen = seen

    def _drop(self) -> None:
        package = SERVER + ".server"
        for name in list(sys.modules):
            parent, _, module = name.rpartition(".")
            if parent == package:
                del sys.modules[name]
                # "from . import routes" looks here first.
                vars(sys.modules[package]).pop(module, None)

    def refresh(self, loggers: Iterable[str]) -> None:
        """In a worker, before the server's app: load it anew if its files have changed, and let the ``loggers`` of libraries
        that were imported before the fork speak on, as on Azure, where these come later."""
        if self._seen == _files():
            return
        self._drop()
        early = [logging.getLogger(name) for name in loggers]
        importlib.import_module(SERVER + ".server.config")
        for logger in early:
            logger.disabled = False
