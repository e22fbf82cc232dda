"""Classes of the user's."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from scoredock.contract.evaluation.expressions import evaluate
from scoredock.contract.evaluation.frame import Frame
from scoredock.contract.evaluation.values import Class, Value

if TYPE_CHECKING:
    from scoredock.contract.evaluation.machine import Machine


def define_class(machine: Machine, node: ast.ClassDef, frame: Frame) -> Value:
    """Follow the body; decorators of classes leave them what they are (`dataclass` and its like)."""
    from scoredock.contract.evaluation.statements import run_block

    bases = tuple(evaluate(machine, base, frame) for base in node.bases)
    decorators = tuple(evaluate(machine, decorator, frame) for decorator in node.decorator_list)
    members = Frame(frame, machine.scopes.get(node))
    run_block(machine, node.body, members)
    return Class(node, members, bases, decorators)
