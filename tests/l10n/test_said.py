"""What is made to be read goes through `t`: a sentence that goes round it would stay English in every language."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .catalogue import HOUSE, called, modules

# English on purpose: the command line and the SDK's API, as Azure's own; what runs inside of the user's Python.
ENGLISH = {"cli", "api", "runtime"}
ROOMS = sorted({file.relative_to(HOUSE).parts[0] for file, _ in modules()} - ENGLISH)
WORDS = re.compile(r"[A-Za-z]{2,}[,.:;]? [a-z`'{]|[a-z]\.$")


def errors() -> set[str]:
    """The names of all errors that a user is shown."""
    classes = {
        node.name: {ast.unparse(base).rpartition(".")[2] for base in node.bases}
        for _, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    found = {"ScoredockError", "UserProblem"}
    while more := {name for name, bases in classes.items() if bases & found} - found:
        found |= more
    return found


SAID = errors() | {"finding", "Finding", "Fix", "Step"}


def words(node: ast.AST) -> bool:
    """Whether text with words stands here that is not in a call."""
    if isinstance(node, ast.IfExp):
        return words(node.body) or words(node.orelse)
    if isinstance(node, ast.BinOp | ast.BoolOp):
        return any(words(part) for part in ast.iter_child_nodes(node))
    if isinstance(node, ast.JoinedStr):
        return bool(WORDS.search("".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)))
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(WORDS.search(node.value))


def unsaid(room: str) -> Iterator[str]:
    for file, tree in modules(room):
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and called(call) in SAID:
                given = [*call.args, *(word.value for word in call.keywords if word.arg != "details")]
                yield from (f"{place(file)}:{part.lineno}" for part in given if words(part))


def place(file: Path) -> str:
    return file.relative_to(HOUSE).as_posix()


@pytest.mark.parametrize("room", ROOMS)
def test_every_sentence_for_people_goes_through_t(room: str) -> None:
    assert not list(unsaid(room)), "put these into t()"


def test_no_text_is_chosen_before_the_language_is() -> None:
    def early(node: ast.AST) -> Iterator[ast.AST]:
        if called(node) == "t":
            yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for default in (*node.args.defaults, *node.args.kw_defaults, *node.decorator_list):
                if default is not None:
                    yield from early(default)
        elif not isinstance(node, ast.Lambda):
            for child in ast.iter_child_nodes(node):
                yield from early(child)

    assert not [f"{place(file)}:{node.lineno}" for file, tree in modules() for node in early(tree)]
