"""Import libraries before the fork, so that a new worker has them at once.

A library may refuse, crash, or start threads. What refuses is left to the worker, where its error belongs. Threads are
worse: a process with threads must not fork, and an import cannot be undone. So at the start the launcher begins again
without the guilty library (``Tainted``), and what is found later is tried first in a child that is thrown away.
"""

from __future__ import annotations

import gc
import importlib
import json
import logging
import os
import sys
import time
from typing import Iterable, NamedTuple

from . import imports, sources, unsafe
from .configuration import SERVER


class Tainted(Exception):
    """Importing ``module`` made this process unfit to fork."""

    def __init__(self, module: str, reason: str) -> None:
        super().__init__("%s %s" % (module, reason))
        self.module = module
        self.reason = reason


class Trial(NamedTuple):
    """Imports that are being tried in a child: its pid and where its answer comes from."""

    pid: int
    answer: int
    names: tuple[str, ...]


class Preloaded:
    """What has been imported (module -> seconds) and what not (module -> reason)."""

    def __init__(self, skip: Iterable[str] = ()) -> None:
        self.done: dict[str, float] = {}
        self.refused: dict[str, str] = {}
        self.loggers: set[str] = set()
        self._skip = frozenset(skip)

    def take(self, names: Iterable[str]) -> None:
        """Import what of ``names`` may be; raises ``Tainted``."""
        before = set(logging.root.manager.loggerDict)
        many = len(sys.modules)
        for name in names:
            self._take_one(name)
        if len(sys.modules) == many:
            return
        self.loggers |= set(logging.root.manager.loggerDict) - before
        self._forget_user_modules()
        # What is alive now lives for ever: without this every collection in a child would copy the pages.
        gc.collect()
        gc.freeze()

    def _take_one(self, name: str) -> None:
        optional = name.endswith("?")
        name = name.rstrip("?")
        top = name.partition(".")[0]
        if name in self.done or name in self.refused or name in sys.modules:
            return
        if optional:
            parent, _, attribute = name.rpartition(".")
            if parent not in sys.modules or hasattr(sys.modules[parent], attribute):
                return
        reason = "starts threads when it is imported" if {name, top} & self._skip else unsafe.reason_against(name)
        if reason is not None:
            self.refused[top] = reason
            return
        if not imports.is_library(top):
            return  # the user's own, whoever has named it
        known = set(sys.modules)
        started = time.monotonic()
        try:
            importlib.import_module(name)
        except BaseException as error:  # the worker will run into it where the server can report it
            if not optional:
                self.refused[name] = "its import raised %s: %s" % (type(error).__name__, error)
        else:
            self.done[name] = time.monotonic() - started
        taint = _taint(known)
        if taint is not None:
            raise Tainted(top, taint)

    def _forget_user_modules(self) -> None:
        # A library that imports a module of the user's by name: it has to come fresh in every worker.
        for name, module in list(sys.modules.items()):
            path = getattr(module, "__file__", None)
            if path and name != "__main__" and not name.startswith(__package__ or "scoredock") and sources.is_user_code(path):
                del sys.modules[name]


def _taint(known: set[str]) -> str | None:
    if len(sys._current_frames()) > 1:
        return "starts threads when it is imported"
    for name in set(sys.modules) - known:
        if "." not in name and unsafe.reason_against(name) is not None:
            return "brings %s" % name
    return None


def last_module() -> str:
    """The newest module: a mark for ``loaded_since``."""
    return list(sys.modules)[-1]


def loaded_since(mark: str) -> tuple[list[str], list[str]]:
    """In a worker: the library modules and the user's files that were loaded after ``mark``.

    Read from the end of ``sys.modules``, which is in the order of loading: to look at every name would write to the pages
    that they share with the arbiter, and each of those would be copied (4 ms of an update with scikit-learn).
    """
    names = []
    for name in reversed(sys.modules) if sys.version_info >= (3, 8) else reversed(list(sys.modules)):
        if name == mark:
            break
        names.append(name)
    libraries, files = [], []
    for name in reversed(names):
        path = getattr(sys.modules[name], "__file__", None)
        if not path or name.startswith((SERVER, __package__ or SERVER)):
            continue
        if not sources.is_user_code(path):
            libraries.append(name)
        elif path.endswith(".py"):
            files.append(path)
    return libraries, files


def try_out(names: Iterable[str]) -> Trial:
    """Begin to import ``names`` in a child that is thrown away. It answers ``{"harmless": names, "bytes": memory}`` in JSON."""
    names = tuple(names)
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        os.set_blocking(reading, False)
        return Trial(pid, reading, names)
    try:
        os.close(reading)
        os.nice(10)
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        good: list[str] = []
        before = own_memory()
        tried = Preloaded()
        for name in names:
            try:
                tried._take_one(name)
            except Tainted:
                break  # whatever comes after it cannot be judged any more
            if name in tried.done or name in sys.modules:
                good.append(name)
        os.write(writing, json.dumps({"harmless": good, "bytes": own_memory() - before}).encode())
    finally:
        os._exit(0)


def own_memory() -> int:
    """Bytes that this process shares with no file (Linux; 0 elsewhere)."""
    try:
        with open("/proc/self/statm") as file:
            _, resident, shared = file.read().split()[:3]
    except (OSError, ValueError):
        return 0
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")
