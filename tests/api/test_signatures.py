"""No documented parameter is ignored in silence: each is used, or it is refused in a sentence."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from scoredock import (
    CondaDependencies,
    Environment,
    InferenceConfig,
    LocalWebservice,
    Model,
    ResourceConfiguration,
    Webservice,
    Workspace,
)
from scoredock.api.exceptions import NotOnThisMachine
from scoredock.api.unsupported import Unsupported, UnsupportedProperty

CLASSES = (
    CondaDependencies,
    Environment,
    InferenceConfig,
    LocalWebservice,
    Model,
    ResourceConfiguration,
    Webservice,
    Workspace,
)
# Parameters of the SDK that begin with an underscore are its own; these two only tell a reader what the class is called.
PRIVATE = ("_",)


def functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    for owner in CLASSES:
        for name, value in vars(owner).items():
            function = value.__func__ if isinstance(value, (staticmethod, classmethod)) else value
            if inspect.isfunction(function) and (not name.startswith("_") or name == "__init__"):
                yield f"{owner.__name__}.{name}", inspect.unwrap(function)


FUNCTIONS = dict(functions())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_parameter_is_looked_at(name: str) -> None:
    function = FUNCTIONS[name]
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    given = [one for one in inspect.signature(function).parameters if one not in ("self", "cls") and not one.startswith(PRIVATE)]
    assert [one for one in given if one not in read] == []


def refused() -> list[tuple[type, str, Unsupported]]:
    return [(owner, name, value) for owner in CLASSES for name, value in vars(owner).items() if isinstance(value, Unsupported)]


def test_what_is_not_here_says_so_when_it_is_called() -> None:
    assert len(refused()) > 60
    for owner, name, value in refused():
        with pytest.raises(NotOnThisMachine, match=f"{owner.__name__}.{name} "):
            value.__get__(object(), owner) if isinstance(value, UnsupportedProperty) else getattr(owner, name)("anything", x=1)


def test_a_sentence_is_also_what_code_for_the_sdk_would_catch() -> None:
    with pytest.raises(NotImplementedError):
        Model.profile(None, [])
