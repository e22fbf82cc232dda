"""What a script imports: the libraries worth importing before the fork, and the user's own files behind it.

Found by reading, never by running: user code is parsed, its imports are resolved along ``sys.path`` as the server will
have it, and only what turns out to be a library is named. Imports inside functions are left alone (they may never run),
but for those of ``init``, which always runs.
"""

from __future__ import annotations

import ast
import os
import sys
from importlib.machinery import ModuleSpec, PathFinder
from typing import Iterable, Iterator, Sequence, Tuple

from . import sources

Import = Tuple[int, str, Tuple[str, ...]]


class Wanted:
    """``libraries``: dotted names in the order met; ``files``: real path -> text of every user file that was reached;
    ``spelled``: path as the import system spells it -> text."""

    def __init__(self) -> None:
        self.libraries: list[str] = []
        self.files: dict[str, bytes] = {}
        self.spelled: dict[str, bytes] = {}


_parsed: dict[tuple[bytes, bool], tuple[Import, ...]] = {}  # text -> imports: an update mostly changes one file of several


def _is_type_checking(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"


def _imports(nodes: Iterable[ast.AST], with_init: bool) -> Iterator[Import]:
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield 0, alias.name, ()
        elif isinstance(node, ast.ImportFrom):
            yield node.level, node.module or "", tuple(alias.name for alias in node.names)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if with_init and node.name == "init":
                yield from _imports(node.body, False)
        elif isinstance(node, ast.If) and _is_type_checking(node.test):
            yield from _imports(node.orelse, with_init)
        else:
            yield from _imports(ast.iter_child_nodes(node), with_init)


def imports_of(text: bytes, with_init: bool = False) -> tuple[Import, ...]:
    """(level, module, names) of every import that runs when the file is imported; none when it does not parse."""
    key = (text, with_init)
    if key not in _parsed:
        if len(_parsed) > 500:
            _parsed.clear()
        try:
            _parsed[key] = tuple(_imports(ast.parse(text).body, with_init))
        except (SyntaxError, ValueError, RecursionError):
            _parsed[key] = ()
    return _parsed[key]


def _find(name: str, path: Sequence[str] | None = None) -> ModuleSpec | None:
    try:
        return PathFinder.find_spec(name, path)
    except Exception:  # a finder of some library: no reason not to start
        return None


def is_library(top: str) -> bool:
    """Whether a top-level module is none of the user's. (What no finder knows is left to the worker.)"""
    if top in sys.builtin_module_names or top in sys.modules:
        return True
    spec = _find(top)
    return spec is not None and not _is_user_module(spec)


def _is_user_module(spec: ModuleSpec) -> bool:
    if spec.origin and spec.has_location:
        return sources.is_user_code(spec.origin)
    return any(sources.is_user_code(place) for place in spec.submodule_search_locations or ())


def wanted(entry_script: str, extra_files: Iterable[str] = ()) -> Wanted:
    """What the entry script needs. ``extra_files`` are user files that an earlier run loaded in a way that cannot be read
    from the text (``importlib.import_module``)."""
    found = Wanted()
    sources.forget_listings()
    _read(found, entry_script, "", True)
    for path in extra_files:
        _read(found, path, None, False)
    return found


def _read(found: Wanted, path: str, package: str | None, with_init: bool) -> None:
    real = os.path.realpath(path)
    if real in found.files or not path.endswith(".py"):
        return
    try:
        with open(path, "rb") as file:
            text = file.read()
    except OSError:
        return
    found.files[real] = found.spelled[path] = text
    for level, module, names in imports_of(text, with_init):
        if level:
            if not package:
                continue  # a relative import of a module whose package is not known: left to the worker
            parents = package.split(".")
            base = parents[: len(parents) - level + 1]
            if len(base) < 1:
                continue
            _follow(found, ".".join(base + ([module] if module else [])), names)
        else:
            _follow(found, module, names)


def _follow(found: Wanted, module: str, names: tuple[str, ...]) -> None:
    top = module.partition(".")[0]
    if top in sys.builtin_module_names or top == "__future__":
        return
    spec = _find(top)
    if spec is None:
        return
    if not _is_user_module(spec):
        if module not in found.libraries:
            found.libraries.append(module)
        # "from sklearn import linear_model" names a module or a thing inside one: only the import itself can tell.
        found.libraries.extend(
            full for full in ("%s.%s?" % (module, name) for name in names if name != "*") if full not in found.libraries
        )
        return
    parts = module.split(".")
    for count in range(1, len(parts) + 1):
        if count > 1:
            spec = _find(".".join(parts[:count]), spec.submodule_search_locations or [])
            if spec is None:
                return
        _read_module(found, spec)
    if spec.submodule_search_locations:
        for name in names:
            inner = _find(spec.name + "." + name, spec.submodule_search_locations)
            if inner is not None:
                _read_module(found, inner)


def _read_module(found: Wanted, spec: ModuleSpec) -> None:
    if spec.origin and spec.has_location:
        package = spec.name if spec.submodule_search_locations is not None else spec.name.rpartition(".")[0]
        _read(found, spec.origin, package, False)
