"""The one walk over the tree: who binds which name where, who reads it, and what is imported, called and returned.

Every rule shares its result. It is iterative (no text can exhaust the stack) and visits each node once.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
ScopeNode = ast.Module | ast.ClassDef | FunctionNode | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(slots=True, eq=False)
class Scope:
    """One module, class, function, lambda or comprehension.

    ``bindings`` and ``loads`` map a name to the nodes that bind or read it, in no promised order. ``declared_global``
    and ``declared_nonlocal`` hold the statements that say so.
    """

    node: ScopeNode
    parent: Scope | None
    bindings: dict[str, list[ast.AST]] = field(default_factory=dict)
    loads: dict[str, list[ast.Name]] = field(default_factory=dict)
    declared_global: dict[str, ast.Global] = field(default_factory=dict)
    declared_nonlocal: dict[str, ast.Nonlocal] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    children: list[Scope] = field(default_factory=list)
    returns: list[ast.Return] = field(default_factory=list)
    yields: bool = False

    @property
    def is_function(self) -> bool:
        return isinstance(self.node, (*_FUNCTIONS, ast.Lambda))

    @property
    def is_class(self) -> bool:
        return isinstance(self.node, ast.ClassDef)

    @property
    def is_comprehension(self) -> bool:
        return isinstance(self.node, _COMPREHENSIONS)

    def binds(self, name: str) -> bool:
        """Whether the name is this scope's own."""
        return name in self.bindings and name not in self.declared_global and name not in self.declared_nonlocal

    def resolve(self, name: str) -> Scope | None:
        """The scope whose name it is when read from here; ``None`` for builtins and names nothing binds."""
        scope: Scope | None = self
        first = True
        while scope is not None:
            if name in scope.declared_global:
                module = scope.module
                return module if name in module.bindings else None
            # A class body's names are seen in the body itself only.
            if scope.binds(name) and (first or not scope.is_class):
                return scope
            first = False
            scope = scope.parent
        return None

    @property
    def module(self) -> Scope:
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def functions(self) -> Iterator[Scope]:
        """All function scopes below, nested ones too."""
        stack = list(self.children)
        while stack:
            scope = stack.pop()
            if scope.is_function:
                yield scope
            stack.extend(scope.children)

    def inside(self) -> Iterator[Scope]:
        """This scope and all below it."""
        stack = [self]
        while stack:
            scope = stack.pop()
            yield scope
            stack.extend(scope.children)


@dataclass(slots=True)
class Walk:
    """The result of the walk. ``functions`` maps each function, lambda and class node to its scope."""

    module: Scope
    scopes: dict[ast.AST, Scope] = field(default_factory=dict)
    imports: list[tuple[ast.Import | ast.ImportFrom, Scope]] = field(default_factory=list)
    calls: list[tuple[ast.Call, Scope]] = field(default_factory=list)
    attributes: list[tuple[ast.Attribute, Scope]] = field(default_factory=list)
    handlers: list[tuple[ast.ExceptHandler, Scope]] = field(default_factory=list)
    strings: list[ast.Constant] = field(default_factory=list)
    classes: list[tuple[ast.ClassDef, Scope]] = field(default_factory=list)
    expressions: list[tuple[ast.Expr, Scope]] = field(default_factory=list)
    lazy_annotations: bool = False  # `from __future__ import annotations`: nobody evaluates them


def walk(tree: ast.Module) -> Walk:
    """Visit every node once."""
    result = Walk(Scope(tree, None), lazy_annotations=_annotations_are_text(tree))
    scopes = result.scopes
    scopes[tree] = result.module
    stack: list[tuple[Any, Scope]] = [(child, result.module) for child in reversed(tree.body)]
    pop, push = stack.pop, stack.append
    calls, attributes, strings, expressions = result.calls, result.attributes, result.strings, result.expressions
    while stack:
        node, scope = pop()
        kind = node.__class__
        if kind is ast.Name:
            if node.ctx.__class__ is ast.Load:
                scope.loads.setdefault(node.id, []).append(node)
            else:
                scope.bindings.setdefault(node.id, []).append(node)
                if node.ctx.__class__ is ast.Del:
                    scope.deleted.add(node.id)
            continue
        if kind is ast.Constant:
            if node.value.__class__ is str:
                strings.append(node)
            continue
        if kind is ast.Attribute:
            attributes.append((node, scope))
            push((node.value, scope))
            continue
        if kind is ast.Call:
            calls.append((node, scope))
        elif kind is ast.Expr:
            expressions.append((node, scope))
        elif kind in _SCOPED:
            _enter(node, scope, result, push)
            continue
        elif kind is ast.AnnAssign:
            # Of a local variable nobody evaluates the annotation.
            if not scope.is_function and not result.lazy_annotations:
                push((node.annotation, scope))
            if node.value is not None:
                push((node.value, scope))
            elif scope.parent is None and node.target.__class__ is ast.Name:
                continue  # `model: Model` at the top binds nothing
            push((node.target, scope))
            continue
        elif kind in _TYPE_PARAMETERS:
            scope.bindings.setdefault(node.name, []).append(node)
        elif kind in _SPECIAL and _special(node, scope, result.imports, result.handlers, push):
            continue
        # Backwards, so that the walk goes in the order of the text.
        for name in _CHILDREN.get(kind) or _children_of(kind):
            value = getattr(node, name)
            if value.__class__ is list:
                for item in reversed(value):
                    if item is not None:
                        push((item, scope))
            elif value is not None:
                push((value, scope))
    return result


def _annotations_are_text(tree: ast.Module) -> bool:
    imports = [node for node in tree.body[:10] if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    return any(alias.name == "annotations" for node in imports for alias in node.names)


# Python 3.12
_TYPE_PARAMETERS = frozenset(getattr(ast, name) for name in ("TypeVar", "ParamSpec", "TypeVarTuple") if hasattr(ast, name))
_SCOPED = frozenset((*_FUNCTIONS, ast.Lambda, ast.ClassDef, *_COMPREHENSIONS))
_SPECIAL: frozenset[type[ast.AST]] = frozenset(
    (
        *(ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal, ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping),
        *(ast.NamedExpr, ast.Return, ast.Yield, ast.YieldFrom),
    )
)
# Fields that hold no nodes, or none that says anything (contexts and operators).
_SILENT = frozenset(
    (
        *("ctx", "op", "ops", "id", "attr", "arg", "names", "kind", "type_comment", "level", "module", "conversion", "simple"),
        *("is_async", "rest", "kwd_attrs", "type_ignores", "asname", "lineno", "tag"),
    )
)
_CHILDREN: dict[type[ast.AST], tuple[str, ...]] = {ast.MatchSingleton: ()}


def _children_of(kind: type[ast.AST]) -> tuple[str, ...]:
    """The fields of a kind of node that hold nodes, backwards; kept, as each is asked for thousands of times."""
    # Only a type alias names itself by a node; others do by text.
    named = kind.__name__ == "TypeAlias"
    fields = tuple(name for name in reversed(kind._fields) if name not in _SILENT and (name != "name" or named))
    _CHILDREN[kind] = fields if kind is not ast.MatchSingleton else ()
    return _CHILDREN[kind]


def _special(node: ast.AST, scope: Scope, imports: list[Any], handlers: list[Any], push: Callable[[Any], None]) -> bool:
    """Statements that bind without a Name, or say something of their scope. True: its children are dealt with."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        imports.append((node, scope))
        for alias in node.names:
            if alias.name != "*":
                bound = alias.asname or (alias.name.split(".")[0] if isinstance(node, ast.Import) else alias.name)
                scope.bindings.setdefault(bound, []).append(node)
        return True
    if isinstance(node, ast.Global):
        for name in node.names:
            scope.declared_global.setdefault(name, node)
        return True
    if isinstance(node, ast.Nonlocal):
        for name in node.names:
            scope.declared_nonlocal.setdefault(name, node)
        return True
    if isinstance(node, ast.NamedExpr):
        owner = scope
        while owner.is_comprehension and owner.parent is not None:
            owner = owner.parent
        owner.bindings.setdefault(node.target.id, []).append(node)
        push((node.value, scope))
        return True
    if isinstance(node, ast.ExceptHandler):
        handlers.append((node, scope))
        if node.name:
            scope.bindings.setdefault(node.name, []).append(node)
    elif isinstance(node, (ast.MatchAs, ast.MatchStar)):
        if node.name:
            scope.bindings.setdefault(node.name, []).append(node)
    elif isinstance(node, ast.MatchMapping):
        if node.rest:
            scope.bindings.setdefault(node.rest, []).append(node)
    elif isinstance(node, ast.Return):
        scope.returns.append(node)
    elif isinstance(node, (ast.Yield, ast.YieldFrom)):
        scope.yields = True
    return False


def _enter(node: Any, scope: Scope, result: Walk, push: Callable[[Any], None]) -> None:
    """Open the scope of a function, lambda, class or comprehension; what it evaluates outside goes to the outer one."""
    inner = Scope(node, scope)
    scope.children.append(inner)
    result.scopes[node] = inner
    if isinstance(node, _COMPREHENSIONS):
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        for number, generator in enumerate(node.generators):
            push((generator.iter, scope if number == 0 else inner))
            push((generator.target, inner))
            for condition in generator.ifs:
                push((condition, inner))
        for part in parts:
            push((part, inner))
        return
    # Annotations and bases see the type parameters, which we keep in the inner scope.
    typed = inner if getattr(node, "type_params", None) else scope
    for parameter in getattr(node, "type_params", ()):
        push((parameter, inner))
    seen: list[ast.AST] = []
    if isinstance(node, ast.ClassDef):
        scope.bindings.setdefault(node.name, []).append(node)
        result.classes.append((node, scope))
        outside: list[ast.AST] = list(node.decorator_list)
        seen = [*node.bases, *node.keywords]
        body: list[ast.AST] = list(node.body)
    else:
        arguments = node.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        every.extend(extra for extra in (arguments.vararg, arguments.kwarg) if extra is not None)
        for argument in every:
            inner.bindings.setdefault(argument.arg, []).append(argument)
        outside = [*arguments.defaults, *(default for default in arguments.kw_defaults if default is not None)]
        if not result.lazy_annotations:
            seen = [argument.annotation for argument in every if argument.annotation is not None]
        if isinstance(node, ast.Lambda):
            body = [node.body]
        else:
            scope.bindings.setdefault(node.name, []).append(node)
            outside = [*node.decorator_list, *outside]
            if node.returns is not None and not result.lazy_annotations:
                seen.append(node.returns)
            body = list(node.body)
    for item in reversed(body):
        push((item, inner))
    for item in reversed(seen):
        push((item, typed))
    for item in reversed(outside):
        push((item, scope))
