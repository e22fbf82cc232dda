"""Which Python files look like entry scripts of online services. The contract judges them; this only finds them."""

from __future__ import annotations

import ast
import re
import warnings
from functools import lru_cache

# A name bound at the start of a line, or imported (also over several lines). Each begins with plain letters, so that
# the search runs as fast as the file is read.
_BOUND = tuple(
    re.compile(rf"{name}(?!\w)(?:(?<=^{name})|(?<=def {name})|(?<=[ \t,(]{name})(?=[ \t]*(?:[,)\n#]|$)))", re.MULTILINE)
    for name in ("init", "run")
)
# Parallel-run and batch scripts have the same two functions, with another contract.
_BATCH = re.compile(r"mini_?batch", re.IGNORECASE)


@lru_cache(maxsize=512)
def looks_like_entry_script(text: str) -> bool:
    """Whether a text defines `init` and `run` at its top level, in the shape of online services.

    A text that cannot be parsed at the moment (it is being typed) counts when both functions are visible in it.
    """
    # Nearly every file says __init__ and something of running; only a name bound at the start of a line, or imported,
    # is worth parsing for.
    if len(text) > 1_000_000 or not all(bound.search(text) for bound in _BOUND):
        return False
    tree = _parsed(text)
    if tree is None:
        return all(re.search(rf"^(?:async )?def {name}\(", text, re.MULTILINE) for name in ("init", "run")) and not _BATCH.search(
            text
        )
    names: dict[str, ast.AST] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names[node.name] = node
        elif isinstance(node, ast.Assign):
            names.update((target.id, node) for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.ImportFrom):
            names.update((alias.asname or alias.name, node) for alias in node.names)
    if "init" not in names or "run" not in names:
        return False
    run = names["run"]
    if isinstance(run, ast.FunctionDef | ast.AsyncFunctionDef):
        arguments = [*run.args.posonlyargs, *run.args.args, *run.args.kwonlyargs]
        return not any(_BATCH.search(argument.arg) for argument in arguments)
    return True


@lru_cache(maxsize=512)
def literals_of(text: str) -> frozenset[str]:
    """The texts in quotes of a script: paths under the model folder are among them."""
    tree = _parsed(text)
    if tree is None:
        return frozenset(re.findall(r"[\"']([^\"'\n]{1,200})[\"']", text))
    return frozenset(node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))


def _parsed(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():  # what Python thinks of the user's literals is not for our standard error
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
