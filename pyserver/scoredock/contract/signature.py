"""The signature of `init` or `run` as the server sees it (`inspect.signature`: it follows `functools.wraps`, drops `self`)."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from scoredock.contract.evaluation.parameters import FunctionNode, parameters
from scoredock.contract.evaluation.values import Function


@dataclass(frozen=True, slots=True)
class Signature:
    """``named`` are the parameters that can be given by name, in order, with whether they must be; the other three are
    what the server rejects in `run`. ``node`` is where it is written."""

    node: FunctionNode
    named: tuple[tuple[ast.arg, bool], ...]
    positional_only: tuple[str, ...]
    starred: str | None
    double_starred: str | None

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(argument.arg for argument, _ in self.named)

    @property
    def accepted(self) -> bool:
        """Whether the server takes it for a `run`."""
        return not self.positional_only and self.starred is None and self.double_starred is None


def signature_of(function: Function) -> Signature:
    seen = function.origin
    node = seen.node
    listed = parameters(node)
    only = [argument.arg for argument in node.args.posonlyargs]
    if seen.bound is not None and listed:
        only = [name for name in only if name != listed[0][0].arg]
        listed = listed[1:]
    starred, double_starred = node.args.vararg, node.args.kwarg
    return Signature(
        node,
        tuple(listed),
        tuple(only),
        starred.arg if starred else None,
        double_starred.arg if double_starred else None,
    )


def data_parameter(signature: Signature) -> ast.arg | None:
    """The parameter that an undecorated or rawhttp `run` gets its data in: the first that is not `request_headers`."""
    for argument, _ in signature.named:
        if argument.arg != "request_headers":
            return argument
    return None
