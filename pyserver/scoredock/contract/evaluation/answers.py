"""Following `init()` and then `run(...)` with what the server passes."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scoredock.contract.evaluation.machine import Machine, OutOfSteps, Returned
from scoredock.contract.evaluation.values import (
    ANY,
    FLOAT,
    INT,
    NDARRAY,
    STR,
    Constant,
    Function,
    Mapping,
    Object,
    ParameterType,
    Sequence,
    Value,
    join,
)
from scoredock.contract.signature import data_parameter, signature_of

if TYPE_CHECKING:
    from scoredock.contract.entry import Entry

BODY = Object("str", tags=frozenset({"body"}))
REQUEST = Object("flask.Request")
HEADERS = Mapping((), STR)


@dataclass(slots=True)
class Answers:
    """What each `return` of `run` gives. ``complete`` is false when the text was too long to follow to the end."""

    returned: list[Returned] = field(default_factory=list)
    complete: bool = True


def follow(machine: Machine, entry: Entry) -> Answers:
    """Call `init()`, then each `run` that there may be. Notes of both are left in the machine."""
    answers = Answers()
    try:
        machine.phase = "init"
        for init in entry.inits or ():
            machine.returns(init, [], {})
        machine.phase = "run"
        for run in entry.runs or ():
            answers.returned.extend(_returned(machine, run))
    except (OutOfSteps, RecursionError):
        answers.complete = False
    return answers


def _returned(machine: Machine, run: Function) -> list[Returned]:
    """What `run` gives, told at the author's own `return` when a decorator only passes it on."""
    scope = machine.scopes.get(run.node)
    if scope is not None and scope.yields:
        return [Returned(ast.copy_location(ast.Return(value=None), run.node), Object("generator"), None)]
    outer = machine.returns(run, [], arguments(machine, run))
    if run.wraps is None or len(outer) != 1:
        return outer
    inner = machine.returned.get(run.wraps.node, [])
    return inner if inner and join(*(one.value for one in inner)) == outer[0].value else outer


def arguments(machine: Machine, run: Function) -> dict[str, Value]:
    """What the server passes to `run`, by name."""
    signature = signature_of(run)
    given: dict[str, Value] = {}
    if "request_headers" in signature.names:
        given["request_headers"] = HEADERS
    if run.schemas and any(schema.kind == "input" for schema in run.schemas):
        for schema in run.schemas:
            if schema.kind == "input" and isinstance(schema.name, Constant) and isinstance(schema.name.value, str):
                given[schema.name.value] = converted(schema.type) if schema.converts and not schema.optional else ANY
        return {name: value for name, value in given.items() if name in signature.names}
    if run.schemas:  # only an output schema: the server takes it for decorated all the same
        return given
    data = data_parameter(signature)
    if data is not None:
        given[data.arg] = REQUEST if machine.rawhttp else BODY
    return given


def converted(kind: Value) -> Value:
    """What inference-schema makes of the JSON for a parameter type (`_deserialize_input_argument`)."""
    if not isinstance(kind, ParameterType):
        return ANY
    if kind.kind == "numpy":
        return NDARRAY
    if kind.kind == "pandas":
        return Object("pandas.DataFrame")
    if kind.kind != "standard":
        return ANY
    sample = kind.sample
    if isinstance(sample, Mapping):
        wrapped = tuple((key, converted(value)) for key, value in sample.items if isinstance(value, ParameterType))
        return Mapping(wrapped, ANY)
    if isinstance(sample, Sequence) and sample.type in ("list", "tuple"):
        first = sample.items[0] if sample.items else ANY
        return Sequence("list", None, converted(first))
    if isinstance(sample, (Constant, Object)):
        return {"str": STR, "int": INT, "float": FLOAT, "bool": Object("bool")}.get(sample.type, ANY)
    return ANY
