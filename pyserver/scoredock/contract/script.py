"""One script as the rules see it: its text, its tree, its names, and what `init` and `run` are and do."""

from __future__ import annotations

import ast
from functools import cached_property
from pathlib import Path

from scoredock.contract.entry import Entry, find_entry
from scoredock.contract.evaluation.answers import Answers, follow
from scoredock.contract.evaluation.machine import Call, Machine, Notes
from scoredock.contract.evaluation.values import Function, Instance, Reference, options
from scoredock.contract.facts import Facts
from scoredock.contract.parse import Parsed
from scoredock.contract.scopes import Scope, Walk, walk
from scoredock.contract.text import Text


class Script:
    """Everything is made once, when the first rule asks for it."""

    def __init__(self, text: str, path: Path, facts: Facts, parsed: Parsed) -> None:
        self.text = Text(text, path)
        self.path = path
        self.facts = facts
        self.parsed = parsed

    @cached_property
    def tree(self) -> ast.Module:
        return self.parsed.tree or ast.Module(body=[], type_ignores=[])

    @cached_property
    def names(self) -> Walk:
        return walk(self.tree)

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """The parent of each node; made only for a script of which a rule has something to ask."""
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    @cached_property
    def machine(self) -> Machine:
        """The script after its import."""
        siblings = tuple(sibling for sibling in self.facts.siblings or () if sibling.reachable)
        machine = Machine(self.tree, self.names, siblings)
        machine.import_script()
        return machine

    @cached_property
    def entry(self) -> Entry:
        return find_entry(self)

    @cached_property
    def answers(self) -> Answers:
        """What `run` gives, after `init`."""
        return follow(self.machine, self.entry)

    @cached_property
    def notes(self) -> Notes:
        """What was met on the way through import, `init` and `run`."""
        _ = self.answers  # made on the way
        return self.machine.notes

    def calls_to(self, *names: str) -> dict[ast.Call, list[Call]]:
        """The calls of library functions by dotted name, each with all the times that it was met."""
        found: dict[ast.Call, list[Call]] = {}
        for name in names:
            for call in self._calls_by_name.get(name, ()):
                found.setdefault(call.node, []).append(call)
        return found

    @cached_property
    def _calls_by_name(self) -> dict[str, list[Call]]:
        found: dict[str, list[Call]] = {}
        for call in self.notes.calls:
            if isinstance(call.callee, Reference):
                found.setdefault(call.callee.name, []).append(call)
        return found

    def called_in(self, phase: str) -> list[Scope]:
        """The functions of this file that are called in a phase ("init" or "run") on the way that was followed."""
        found: dict[Scope, None] = {}
        for call in self.notes.calls:
            for callee in options(call.callee) if call.phase == phase and not call.rare else ():
                function = self.machine.member(callee.of, "__call__") if isinstance(callee, Instance) else callee
                if isinstance(function, Function) and function.node in self.names.scopes:
                    found[self.names.scopes[function.node]] = None
        return list(found)

    @cached_property
    def binds_unseen(self) -> bool:
        """Whether names may be bound that the text does not show."""
        return self.machine.unresolved_star or self.binds_dynamically

    @cached_property
    def binds_dynamically(self) -> bool:
        """Whether the script itself binds names in ways that cannot be followed: `exec`, writing to `globals()`."""
        dynamic = {"exec", "eval", "globals", "vars", "locals", "setattr"}
        if any(not dynamic.isdisjoint(scope.loads) for scope in self.names.module.inside()):
            return True
        return any(name in scope.declared_global for scope in self.names.module.functions() for name in ("init", "run"))
