"""Reads a pickle as what it is, a program for a small stack machine, without doing what the program says.

No name is looked up, nothing is called, and what is kept is bounded: short strings and numbers are real values, objects
are stubs (``stubs.py``), long bytes are skipped. FRAME lengths are not trusted: joblib writes raw array bytes between
frames, which is where the readers of the standard library and of the known scanners stop. The opcodes are those of
`pickletools` (protocols 0 to 5).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from scoredock.l10n import deferred, t
from scoredock.models.reading import literals, operations  # noqa: F401 (these fill the table)
from scoredock.models.reading.stream import Stream, TooMuch
from scoredock.models.reading.stubs import MAX_ITEMS, UNKNOWN, Broken, Made, Name
from scoredock.models.reading.table import TABLE

MAX_TEXT = 512  # bytes of a string that is read; no name is longer
MAX_BYTES = 16 * 1024  # of a byte string: what a short array of labels takes
MAX_SEGMENT = 4 * MAX_ITEMS
MAX_STACK = 50_000
MAX_MARKS = 10_000
MAX_NAMES = 20_000
CHECK_EVERY = 2048  # operations


class Memo(dict[int, Any]):
    """What the pickle numbered, bounded: when full, strings that were never asked for again are forgotten, but not those
    that have been part of a name or of an object's state (``parts``): picklers ask for them with each further object."""

    def __init__(self, bound: int) -> None:
        super().__init__()
        self.parts: set[str] = set()
        self.left = bound
        self.bound = bound
        self.asked: set[int] = set()
        self.full = False
        self.count = 0  # MEMOIZE numbers by how many there have been, not by how many are kept

    def put(self, number: int, value: Any) -> None:
        self.count += 1
        self.left -= 200 + len(value) if type(value) is str else 200
        if self.left < 0 and not self._forget():
            return
        self[number] = value

    def ask(self, number: int) -> Any:
        self.asked.add(number)
        return self.get(number, UNKNOWN)

    def _forget(self) -> bool:
        if self.full:
            return False
        idle = [
            number
            for number, value in self.items()
            if isinstance(value, (str, bytes, int, float)) and number not in self.asked and value not in self.parts
        ]
        for number in idle:
            del self[number]
        self.left = 200 * len(idle)
        self.full = self.left < self.bound // 4
        return not self.full


class Machine:
    """One pickle. ``observe`` is told of every object whose state is complete."""

    stream: Stream
    memo: Memo

    def __init__(self, stream: Stream, kept: int, observe: Callable[[Machine, Made], Any | None]) -> None:
        self.stream = stream
        self.observe = observe
        # Three purses, so that one kind of thing cannot spend what another needs.
        self.left = kept // 3
        self.left_for_bytes = kept // 3
        self.memo = Memo(kept // 3)
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []
        self.protocol = 0
        self.names: dict[Name, bool] = {}  # -> whether it is called
        self._known: dict[tuple[str, str], Name] = {}
        self._built: set[Any] = set()  # makers whose objects have had a state
        self.calls: list[tuple[Name, tuple[Any, ...]]] = []  # those whose arguments decide whether they matter
        self.computed: set[str] = set()  # names or callables that only come about while loading
        self.extensions: set[int] = set()
        self.numbering = 0  # 1: by MEMOIZE, 2: by PUT; no pickler does both
        self.persistent = False

    def run(self) -> Any:
        """The root as a stub. Raises `Broken`, `Ended` or `TooMuch`; what was seen until then stays in the fields."""
        stream, table = self.stream, TABLE
        budget = CHECK_EVERY
        try:
            while True:
                at = stream.at
                if at < stream.end:
                    stream.at = at + 1
                    operation = stream.window[at]
                else:
                    operation = stream.byte()
                if operation == 0x2E:  # STOP
                    return self.stack.pop()
                table[operation](self)
                budget -= 1
                if not budget:
                    budget = CHECK_EVERY
                    self._check_bounds()
        except (IndexError, TypeError, ValueError, struct.error, UnicodeError) as wrong:
            if isinstance(wrong, IndexError) and not self.stack:
                raise Broken(t("takes more from its stack than it put there")) from wrong
            raise Broken(t("is not a well-formed pickle")) from wrong
        finally:
            if self.numbering == 3:
                self.computed.add(deferred("objects that it numbers in two ways, as no pickler does"))

    def _check_bounds(self) -> None:
        self.stream.check_time()
        stack = self.stack
        if len(stack) > MAX_SEGMENT:
            # Only what a container would keep, and what the next operations may take, stays. An even number goes, so
            # that keys and values of a dict stay paired.
            spare = (len(stack) - MAX_SEGMENT // 2) & ~1
            del stack[2 * MAX_ITEMS : 2 * MAX_ITEMS + spare]
            stack[2 * MAX_ITEMS : 2 * MAX_ITEMS + 2] = [UNKNOWN, UNKNOWN]
        if len(self.below) > MAX_MARKS or len(stack) + sum(map(len, self.below)) > MAX_STACK:
            raise TooMuch(t("nests deeper than any model should"))
        if len(self.names) > MAX_NAMES:
            raise TooMuch(t("names more classes than any model should"))

    def keep(self, size: int) -> bool:
        """Whether there is room for ``size`` more bytes of what stays for good."""
        if self.left < size:
            return False
        self.left -= size
        return True

    def name(self, module: Any, name: Any) -> Any:
        if not (isinstance(module, str) and isinstance(name, str)):
            self.computed.add(deferred("a name that is put together while loading"))
            return UNKNOWN
        known = self._known.get((module, name))
        if known is None:
            if not module or any(c.isspace() for c in module):
                raise Broken(t("is not a well-formed pickle"))
            known = self._known[module, name] = Name(module, name)
            self.memo.parts.update((module, name))
            self.names.setdefault(known, False)
        return known

    def make(self, maker: Any, arguments: Any) -> Any:
        if isinstance(maker, Name):
            self.names[maker] = True
            if isinstance(arguments, tuple) and len(self.calls) < MAX_NAMES and _arguments_matter(maker):
                self.calls.append((maker, arguments))
        elif not _makes_classes(maker) and not _is_delayed_new(maker):
            self.computed.add(deferred("what an earlier call returned"))
        return Made(maker, arguments) if self.keep(160) else UNKNOWN

    def mark(self) -> list[Any]:
        """The items since the last mark."""
        items = self.stack
        self.stack = self.below.pop()
        return items

    def build(self) -> None:
        state = self.stack.pop()
        made = self.stack[-1]
        if not isinstance(made, Made):
            return
        made.state = state
        if isinstance(state, dict) and made.maker not in self._built and len(self.memo.parts) < MAX_NAMES:
            # Once for each class: the next object of it asks for the same attributes.
            self._built.add(made.maker)
            self.memo.parts.update(text for pair in state.items() for text in pair if isinstance(text, str))
        instead = self.observe(self, made)
        if instead is not None:
            self.stack[-1] = instead

    def text(self, size: int) -> Any:
        if size <= MAX_TEXT:
            return self.stream.read(size).decode("utf-8", "replace")
        self.stream.skip(size)
        return UNKNOWN

    def data(self, size: int) -> Any:
        if size <= 64 or (size <= MAX_BYTES and self.left_for_bytes >= size):
            self.left_for_bytes -= size if size > 64 else 0
            return self.stream.read(size)
        self.stream.skip(size)
        return UNKNOWN

    def written(self) -> str:
        """The argument of a text operation: up to the end of the line."""
        line = self.stream.line(MAX_TEXT)
        if line is None:
            raise Broken(t("has a line longer than any name or number"))
        return line.decode("utf-8", "replace")


def _arguments_matter(maker: Name) -> bool:
    return maker.name in {"getattr", "subimport"} or maker.name.endswith("_builtin_type")


def _makes_classes(maker: Any) -> bool:
    """A class that cloudpickle or dill brings along by value, or a builtin type they fetch by name."""
    known = {"_builtin_type", "_make_skeleton_class", "_make_skeleton_enum", "_create_type", "_load_type"}
    return isinstance(maker, Made) and isinstance(maker.maker, Name) and maker.maker.name in known


def _is_delayed_new(maker: Any) -> bool:
    """``partial(cls.__new__, cls, …)()``: how protocols 2 and 3 write classes whose ``__new__`` takes keywords."""
    if not (isinstance(maker, Made) and isinstance(maker.maker, Name) and str(maker.maker) == "functools.partial"):
        return False
    arguments = maker.arguments if isinstance(maker.arguments, tuple) else ()
    first = arguments[0] if arguments else None
    return isinstance(first, Made) and isinstance(first.arguments, tuple) and first.arguments[1:] == ("__new__",)
