"""Follows the text as Python would run it: the import, then `init()`, then `run(...)`, on values of `values.py`.

Nothing is executed. Every call that is met, every return and a few kinds of access are noted; rules read the notes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from scoredock.contract.evaluation.frame import Frame
from scoredock.contract.evaluation.methods import PREDICTING
from scoredock.contract.evaluation.values import (
    ANY,
    Class,
    Function,
    Instance,
    Module,
    Object,
    Value,
    join,
    options,
)
from scoredock.contract.scopes import Walk, walk

if TYPE_CHECKING:
    from scoredock.contract.facts import Module as Sibling

# Nodes looked at before we give up and call all the rest unknown: a text that needs more is not understood anyway.
MOST_STEPS = 60_000
DEEPEST_CALL = 8

# Libraries whose models are pickled and whose `predict` gives an array.
ESTIMATORS = frozenset({"sklearn", "xgboost", "lightgbm", "catboost"})


class Call(NamedTuple):
    """A call that was met: what is called, with what, and where. ``guarded``: an error in it is caught and survived."""

    node: ast.Call
    callee: Value
    arguments: tuple[Value, ...]
    keywords: dict[str, Value]
    phase: str  # "import", "init" or "run"
    guarded: bool
    rare: bool  # inside a handler: only met when something else has failed already


class Access(NamedTuple):
    """`receiver.name` or `receiver[index]`."""

    node: ast.Attribute | ast.Subscript
    receiver: Value
    name: str | None
    item: Value | None
    phase: str
    guarded: bool
    rare: bool


class Returned(NamedTuple):
    """What one `return` of a function gave, in one of its calls."""

    node: ast.Return
    value: Value
    handler: ast.ExceptHandler | None


@dataclass(slots=True)
class Notes:
    """What was met on the way."""

    calls: list[Call] = field(default_factory=list)
    accesses: list[Access] = field(default_factory=list)
    dropped: list[tuple[ast.Expr, Value, str]] = field(default_factory=list)  # values of expression statements


class OutOfSteps(Exception):
    """The text is too long to follow; everything not yet known stays unknown."""


class Machine:
    """The state of following one script."""

    def __init__(self, tree: ast.Module, names: Walk, siblings: tuple[Sibling, ...] = ()) -> None:
        self.tree = tree
        self.names = names
        self.notes = Notes()
        self.phase = "import"
        self.frame = Frame(None, names.module)
        self.steps = 0
        self.depth = 0
        self.handling = 0  # handlers that we are inside of, callers' too
        self.guards = 0  # open `try` bodies whose handlers carry on after an error
        self.rawhttp: list[ast.AST] = []  # where `@rawhttp` was applied, to whatever function
        self.returned: dict[ast.AST, list[Returned]] = {}  # what each function gave, in all its calls
        self.attributes: dict[tuple[ast.ClassDef, str], Value] = {}
        self.unresolved_star = False
        # Answers about nodes that loops and callers come by again.
        self.mentioned: dict[ast.expr, frozenset[str]] = {}
        self.guarding: dict[ast.AST, bool] = {}
        self._siblings = {sibling.name: sibling for sibling in siblings}
        self._modules: dict[str, Module | None] = {}
        self.scopes = dict(names.scopes)
        self._known_calls: dict[tuple[object, ...], Value] = {}
        self._open_calls: set[ast.AST] = set()

    def import_script(self) -> None:
        """Run the module's own statements."""
        from scoredock.contract.evaluation.statements import run_block

        try:
            run_block(self, self.tree.body, self.frame)
        except (OutOfSteps, RecursionError):
            self.unresolved_star = True  # names bound later are not known

    def tick(self) -> None:
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise OutOfSteps

    def note_call(self, node: ast.Call, callee: Value, arguments: list[Value], keywords: dict[str, Value]) -> None:
        self.notes.calls.append(
            Call(node, callee, tuple(arguments), keywords, self.phase, guarded=self.guards > 0, rare=self.handling > 0)
        )

    def note_access(
        self, node: ast.Attribute | ast.Subscript, receiver: Value, *, name: str | None = None, item: Value | None = None
    ) -> None:
        self.notes.accesses.append(
            Access(node, receiver, name, item, self.phase, guarded=self.guards > 0, rare=self.handling > 0)
        )

    def trusts_pickles(self, loader: str) -> bool:
        """Whether what was unpickled is taken for an estimator: joblib is scikit-learn's, and a script without a class
        that predicts (and without modules of its own) cannot unpickle an object of one."""
        predicts = any(
            isinstance(part, ast.FunctionDef) and part.name in PREDICTING for node, _ in self.names.classes for part in node.body
        )
        if predicts or any(self._modules.values()):
            return False
        if "joblib" in loader or "skops" in loader:
            return True
        return not ESTIMATORS.isdisjoint(self.imported_roots)

    @cached_property
    def imported_roots(self) -> frozenset[str]:
        roots: set[str] = set()
        for node, _ in self.names.imports:
            if isinstance(node, ast.Import):
                roots.update(alias.name.split(".")[0] for alias in node.names)
            elif node.module and not node.level:
                roots.add(node.module.split(".")[0])
        return frozenset(roots)

    def sibling(self, name: str) -> Module | None:
        """A module of the user's, followed like the script itself; ``None`` when there is none or it is not reachable."""
        if name in self._modules:
            return self._modules[name]
        self._modules[name] = None  # a circle of imports ends here
        found = self._siblings.get(name)
        if found is None or len(found.text) > 200_000:
            return None
        try:
            tree = ast.parse(found.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        from scoredock.contract.evaluation.statements import run_block

        names = walk(tree)
        self.scopes.update(names.scopes)
        frame = Frame(None, names.module)
        module = Module(name, frame)
        self._modules[name] = module
        notes, self.notes = self.notes, Notes()
        try:
            run_block(self, tree.body, frame)
        finally:
            self.notes = notes
        return module

    def call(self, function: Function, arguments: list[Value], keywords: dict[str, Value]) -> Value:
        """What calling a function of the user's gives."""
        node = function.node
        if isinstance(node, ast.AsyncFunctionDef):
            return Object("coroutine")
        scope = self.scopes.get(node)
        if scope is not None and scope.yields:
            return Object("generator")
        if node in self._open_calls or self.depth >= DEEPEST_CALL:
            return ANY
        key = (
            node,
            id(function.frame),
            function.bound,
            tuple(arguments),
            tuple(sorted(keywords.items(), key=lambda i: i[0])),
            self.phase,
        )
        try:
            if key in self._known_calls:
                return self._known_calls[key]
        except TypeError:  # something unhashable inside a constant
            return ANY
        result = self.returns(function, arguments, keywords)
        value = join(*(returned.value for returned in result)) if result else ANY
        self._known_calls[key] = value
        return value

    def returns(self, function: Function, arguments: list[Value], keywords: dict[str, Value]) -> list[Returned]:
        """Follow a function with these arguments; every `return` it may reach with what it gives. A function that can
        run off its end gives None there, with a node of its own."""
        from scoredock.contract.evaluation.expressions import evaluate
        from scoredock.contract.evaluation.parameters import bind_parameters
        from scoredock.contract.evaluation.statements import run_block

        node = function.node
        frame = Frame(function.frame, self.scopes.get(node))
        given = list(arguments) if function.bound is None else [function.bound, *arguments]
        bind_parameters(self, node, frame, given, keywords)
        self.depth += 1
        self._open_calls.add(node)
        try:
            if isinstance(node, ast.Lambda):
                value = evaluate(self, node.body, frame)
                stand_in = ast.copy_location(ast.Return(value=node.body), node.body)
                return [Returned(stand_in, value, None)]
            alive = run_block(self, node.body, frame)
        except RecursionError:
            return []
        finally:
            self.depth -= 1
            self._open_calls.discard(node)
        results = list(frame.returns)
        if alive:
            from scoredock.contract.evaluation.values import NONE

            results.append(Returned(ast.copy_location(ast.Return(value=None), node), NONE, None))
        self.returned.setdefault(node, []).extend(results)
        return results

    def make(self, of: Class, arguments: list[Value], keywords: dict[str, Value]) -> Value:
        """Make an instance, following `__init__` for the attributes it sets."""
        instance = Instance(of)
        init = self.member(of, "__init__")
        if isinstance(init, Function):
            self.call(Function(init.node, init.frame, instance), arguments, keywords)
        return instance

    def member(self, of: Class, name: str) -> Value | None:
        """A name of the class body or of its bases'; ``None`` when nothing is found and nothing unknown is above."""
        found = of.members.names.get(name)
        if found is not None:
            return found
        for base in of.bases:
            if isinstance(base, Class):
                inherited = self.member(base, name)
                if inherited is not None:
                    return inherited
            else:
                return ANY
        return None

    def set_attribute(self, of: Class, name: str, value: Value) -> None:
        before = self.attributes.get((of.node, name))
        from scoredock.contract.evaluation.values import NONE

        self.attributes[of.node, name] = value if before is None or before == NONE else join(before, value)

    def attribute(self, instance: Instance, name: str) -> Value:
        """An attribute of an object of the user's: what any method set, else the class's own, a method bound to it."""
        of: Value = instance.of
        while isinstance(of, Class):
            found = self.attributes.get((of.node, name))
            if found is not None:
                return found
            of = of.bases[0] if of.bases else ANY
        member = self.member(instance.of, name)
        if member is None:
            return ANY
        if isinstance(member, Function) and member.bound is None:
            kinds = {ast.unparse(decorator) for decorator in getattr(member.node, "decorator_list", [])}
            if "staticmethod" in kinds:
                return member
            if "property" in kinds or "cached_property" in kinds or "functools.cached_property" in kinds:
                return self.call(Function(member.node, member.frame, instance), [], {})
            owner: Value = instance.of if "classmethod" in kinds else instance
            return Function(member.node, member.frame, owner, member.schemas, member.wraps)
        return member

    def functions_named(self, name: str) -> Iterator[Value]:
        """What a name of the script may be after its import."""
        found = self.frame.names.get(name)
        if found is not None:
            yield from options(found)
