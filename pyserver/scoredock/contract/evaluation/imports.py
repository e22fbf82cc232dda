"""What imports bind: the user's own modules where we may read them, else references by dotted name."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from scoredock.contract.evaluation.values import ANY, Reference, Value

if TYPE_CHECKING:
    from scoredock.contract.evaluation.frame import Frame
    from scoredock.contract.evaluation.machine import Machine


def run_import(machine: Machine, node: ast.Import, frame: Frame) -> None:
    for alias in node.names:
        if alias.asname:
            frame.bind(alias.asname, machine.sibling(alias.name) or Reference(alias.name))
        else:
            root = alias.name.split(".")[0]
            frame.bind(root, machine.sibling(root) or Reference(root))


def run_import_from(machine: Machine, node: ast.ImportFrom, frame: Frame) -> None:
    module = node.module or ""
    if node.level:
        for alias in node.names:
            if alias.name == "*":
                machine.unresolved_star = True
            else:
                frame.bind(alias.asname or alias.name, ANY)
        return
    own = machine.sibling(module)
    for alias in node.names:
        if alias.name == "*":
            if own is None:
                machine.unresolved_star = True
            else:
                for name, value in own.frame.names.items():
                    if not name.startswith("_"):
                        frame.bind(name, value)
            continue
        bound: Value
        if own is not None:
            bound = own.frame.names.get(alias.name) or machine.sibling(f"{module}.{alias.name}") or ANY
        else:
            bound = machine.sibling(f"{module}.{alias.name}") or Reference(f"{module}.{alias.name}")
        frame.bind(alias.asname or alias.name, bound)
