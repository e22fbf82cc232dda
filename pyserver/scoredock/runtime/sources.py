"""User code is what was read when its generation began: from memory, never from bytecode.

Python trusts a ``.pyc`` when size and whole seconds of the source agree, so two quick edits of the same length give the
old code. And a worker that dies hours after an update must come back as the code that was answering, not as a half
finished edit that happens to lie on the disk. Both are solved in one place: the two methods with which
``SourceFileLoader`` asks for a file's time stamp and for its text. Libraries are not touched and keep their bytecode.
"""

from __future__ import annotations

import importlib.machinery
import linecache
import os
import site
import sys
import sysconfig
from typing import Any, Iterable, Mapping

# What counts as a user's file although it lies in no folder of theirs, and the other way round.
_roots: dict[str, tuple[str, ...]] = {"libraries": (), "code": ()}


def define(code_roots: Iterable[str]) -> None:
    """Say which folders hold user code. Libraries are what lies in the interpreter's own folders; where the two nest,
    the deeper folder decides (an environment inside the code folder stays a library). Everything else is user code:
    an editable install is somebody's code in the making."""
    paths = sysconfig.get_paths()
    libraries = {paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib") if paths.get(key)}
    libraries.update(getattr(site, "getsitepackages", list)())  # absent under an old virtualenv
    if site.ENABLE_USER_SITE:
        libraries.add(site.getusersitepackages())
    libraries.update(path for path in sys.path if path.endswith(("site-packages", "dist-packages", ".zip")))
    libraries.add(os.path.dirname(os.path.abspath(__file__)))  # these files
    libraries.add(os.path.dirname(os.__file__))  # the standard library of the base interpreter of a virtual environment
    _roots["libraries"] = tuple(sorted({os.path.realpath(path) for path in libraries}))
    _roots["code"] = tuple(sorted({os.path.realpath(path) for path in code_roots if path}))


_users_folder: dict[str, bool] = {}  # of sys.path_importer_cache: known in the arbiter, inherited by workers


def _depth(path: str, roots: tuple[str, ...]) -> int:
    return max((len(root) for root in roots if path == root or path.startswith(root.rstrip(os.sep) + os.sep)), default=-1)


def is_user_code(path: str) -> bool:
    """Whether the file is the user's own."""
    if path.startswith("<"):
        return False  # <frozen importlib._bootstrap>, <string>
    path = os.path.realpath(path)
    return _depth(path, _roots["code"]) >= _depth(path, _roots["libraries"])


def use(snapshot: Mapping[str, bytes]) -> None:
    """In a worker, before any user code: from now on user modules come from ``snapshot`` (real path -> bytes) where that
    has them and from the disk where not, and are always compiled."""
    loader: Any = importlib.machinery.SourceFileLoader
    read, stats = loader.get_data, loader.path_stats
    known: dict[str, bool] = {}

    def mine(path: str) -> bool:
        if path not in known:
            known[path] = is_user_code(path)
        return known[path]

    def get_data(self: Any, path: str) -> bytes:
        if path.endswith(".py") and mine(path):
            text = snapshot.get(os.path.realpath(path))
            if text is not None:
                return text
        return bytes(read(self, path))

    def path_stats(self: Any, path: str) -> Any:
        # SourceLoader.get_code takes OSError to mean "no bytecode": it neither reads nor writes any.
        if mine(path):
            raise OSError("user code is always compiled")
        return stats(self, path)

    loader.get_data = get_data
    loader.path_stats = path_stats
    forget_listings()


def forget_listings() -> None:
    """Let the import system see files that are new in the user's folders. (``importlib.invalidate_caches`` does it for every
    folder, and imports the reader of package metadata to tell it too: milliseconds in every update.)"""
    for path, finder in sys.path_importer_cache.items():
        if path not in _users_folder:
            _users_folder[path] = is_user_code(path)
        forget = getattr(finder, "invalidate_caches", None)
        if forget is not None and _users_folder[path]:
            forget()


def remember_lines(paths: Mapping[str, bytes]) -> None:
    """Let tracebacks show the text that runs, though the file may have been saved since. ``paths`` maps the path as the
    import system spells it to the text."""
    for path, text in paths.items():
        # An entry without a time is one that linecache never throws away.
        linecache.cache[path] = (len(text), None, text.decode("utf-8", "replace").splitlines(True), path)
