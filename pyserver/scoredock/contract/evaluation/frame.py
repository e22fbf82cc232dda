"""Where names live while the text is followed: one frame for a module, a class body or a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scoredock.contract.evaluation.values import ANY, NONE, OneOf, Value, join

if TYPE_CHECKING:
    import ast

    from scoredock.contract.evaluation.machine import Returned
    from scoredock.contract.scopes import Scope


class Frame:
    """Names and what they may be. ``parent`` is the frame that encloses it in the text, not its caller's."""

    __slots__ = ("breaks", "handlers", "names", "parent", "returns", "scope")

    def __init__(self, parent: Frame | None, scope: Scope | None) -> None:
        self.parent = parent
        self.scope = scope
        self.names: dict[str, Value] = {}
        self.returns: list[Returned] = []
        self.breaks: list[list[dict[str, Value]]] = []  # for each open loop, the names at its `break`s and `continue`s
        self.handlers: list[ast.ExceptHandler] = []  # the ones we are inside of

    @property
    def module(self) -> Frame:
        frame = self
        while frame.parent is not None:
            frame = frame.parent
        return frame

    def read(self, name: str) -> Value | None:
        """What a name is when read here; ``None`` when no frame has it."""
        if self.scope is not None and name in self.scope.declared_global:
            return self.module.names.get(name)
        found = self.names.get(name)
        if found is not None:
            return found
        parent = self.parent
        while parent is not None:
            # Names of a class body are not seen by its methods.
            if (parent.scope is None or not parent.scope.is_class) and (found := parent.names.get(name)) is not None:
                return found
            parent = parent.parent
        return None

    def bind(self, name: str, value: Value) -> None:
        """Bind a name where the text says it belongs."""
        scope = self.scope
        if scope is not None and scope.parent is not None:
            if name in scope.declared_global:
                names = self.module.names
                before = names.get(name)
                # Who runs first is not always known, so both stay; a `None` was only the place for what comes.
                names[name] = value if before is None or before == NONE else join(before, value)
                return
            if name in scope.declared_nonlocal:
                parent = self.parent
                while parent is not None:
                    if name in parent.names:
                        parent.names[name] = join(parent.names[name], value)
                        return
                    parent = parent.parent
                return
        self.names[name] = value

    def rebind(self, name: str, value: Value) -> None:
        """A container changed in place: the name that holds it, wherever that is."""
        if self.scope is not None and name in self.scope.declared_global:
            self.module.names[name] = value
            return
        if name in self.names:
            self.names[name] = value
            return
        parent = self.parent
        while parent is not None:
            if name in parent.names:
                parent.names[name] = value
                return
            parent = parent.parent


def merge(frames: list[dict[str, Value]]) -> dict[str, Value]:
    """What names may be where several paths meet; a name that one path lacks is what the others say."""
    if len(frames) == 1:
        return frames[0]
    merged: dict[str, Value] = {}
    for names in frames:
        for name, value in names.items():
            before = merged.get(name)
            merged[name] = value if before is None or before is value else join(before, value)
    return merged


def without_none(value: Value) -> Value:
    """The value where it is used as if it were there: a `None` among others was a beginning."""
    if isinstance(value, OneOf):
        left = tuple(option for option in value.options if option != NONE)
        return left[0] if len(left) == 1 else OneOf(left) if left else ANY
    return value
