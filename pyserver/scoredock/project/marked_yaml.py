"""YAML with positions, through PyYAML's nodes: never a traceback, whatever the text.

Azure's own tools read these files with PyYAML (YAML 1.1), so what PyYAML makes of a value is what Azure makes of it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from scoredock.l10n import t
from scoredock.project.marked import Document, Entry, Lines, Mapping, Marked, Problem, Scalar, Sequence

# Aliases share nodes, so a few lines can stand for billions of values ("billion laughs").
MOST_VALUES = 200_000
# Deeper files are nobody's deployment; PyYAML recurses, so this is refused before it starts.
DEEPEST = 100

# Templates such as {{ NAME }} and ${{ secrets.X }} are no YAML until a pipeline has filled them in, yet the file around
# them is worth reading. Their special characters are put out of YAML's sight one for one, so that no offset moves.
_TEMPLATE = re.compile(r"\{\{[^{}\r\n]*\}\}")
_SPECIAL = " {}:#,[]'\"&*!|>%@`"
_HIDE = str.maketrans({char: chr(0xE100 + number) for number, char in enumerate(_SPECIAL)})
_SHOW = str.maketrans({chr(0xE100 + number): char for number, char in enumerate(_SPECIAL)})

_NULL, _MERGE = "tag:yaml.org,2002:null", "tag:yaml.org,2002:merge"


def read_yaml(text: str, path: Path, *, pure: bool = False) -> Document:
    """Read one YAML document. ``pure`` keeps to the Python loader even where PyYAML's C loader is there."""
    text = text.removeprefix("\ufeff")
    lines = Lines(path, text)
    hidden = _TEMPLATE.sub(lambda match: match.group().translate(_HIDE), text)
    try:
        node = _compose(hidden, pure=pure)
    except _Unreadable as error:
        return Document(path, text, None, (Problem(lines.place(*error.span), "unreadable", error.message),))
    if node is None:
        return Document(path, text, None)
    marker = _Marker(lines)
    try:
        root = marker.mark(node)
    except _Unreadable as error:
        marker.problems.append(Problem(lines.place(*error.span), "unreadable", error.message))
        root = None
    return Document(path, text, root, tuple(marker.problems))


class _Unreadable(Exception):
    def __init__(self, message: str, start: int, end: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.span = (start, start if end is None else end)


def _compose(text: str, *, pure: bool) -> Any:
    unprintable = yaml.reader.Reader.NON_PRINTABLE.search(text)
    if unprintable:
        at = unprintable.start()
        raise _Unreadable(t("YAML does not allow the character U+{0}; remove it.", f"{ord(text[at]):04X}"), at, at + 1)
    loader = yaml.SafeLoader if pure else getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    _refuse_depth(text, loader)
    try:
        return yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = min(getattr(mark, "index", 0), len(text))
        raise _Unreadable(_sentence(error, text, at), at, min(at + 1, len(text))) from None
    except RecursionError:
        raise _too_deep(0) from None
    except (yaml.YAMLError, ValueError) as error:
        raise _Unreadable(t("This is not YAML: {0}.", error), 0) from None


def _too_deep(at: int) -> _Unreadable:
    return _Unreadable(t("Values are nested more than {0} levels deep.", DEEPEST), at)


def _refuse_depth(text: str, loader: Any) -> None:
    """Look at nesting through the event stream, which needs no recursion, before anything recurses."""
    # A block level costs at least one column, except that a list may stand in the column of its key.
    columns = max((len(line) - len(line.lstrip(" -?")) for line in text.splitlines()), default=0)
    if text.count("[") + text.count("{") + 2 * columns < DEEPEST:
        return
    depth = 0
    try:
        for event in yaml.parse(text, Loader=loader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > DEEPEST:
                    raise _too_deep(getattr(event.start_mark, "index", 0))
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except (yaml.YAMLError, ValueError, RecursionError):
        return  # compose meets the same error and says it


def _sentence(error: yaml.MarkedYAMLError, text: str, at: int) -> str:
    problem = (error.problem or "").translate(_SHOW)
    if text[at : at + 1] == "\t":
        return t("A tab stands where YAML allows only spaces; replace it by spaces.")
    if text[at : at + 1] in {"@", "`"}:
        return t("A value cannot begin with {0} in YAML; put it in quotes.", repr(text[at]))
    if "undefined alias" in problem:
        return t("This alias names an anchor that no value before it has.")
    if "single document" in str(error):
        return t("The file holds more than one YAML document ('---'); Azure reads files with exactly one.")
    if "mapping values are not allowed" in problem:
        return t("A second ':' stands in this value, or the line is indented too far; quote the value or mend the indentation.")
    context = f" ({error.context.translate(_SHOW)})" if error.context else ""
    return t("This is not YAML: {0}.", (problem or t("it cannot be read")) + context)


class _Marker:
    """Turns PyYAML's nodes into our tree: resolves merge keys and values, sees duplicate keys."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.problems: list[Problem] = []
        self._scalars = yaml.constructor.SafeConstructor()
        self._done: dict[int, tuple[Marked, int]] = {}  # by node: aliases are converted once
        self._open: set[int] = set()

    def mark(self, node: Any) -> Marked:
        return self._mark(node)[0]

    def _mark(self, node: Any) -> tuple[Marked, int]:
        """The converted node and how many values it stands for."""
        key = id(node)
        if key in self._done:
            return self._done[key]
        start, end = node.start_mark.index, node.end_mark.index
        if key in self._open:
            raise _Unreadable(t("An alias stands inside the value it refers to."), start)
        self._open.add(key)
        size = 1
        marked: Marked
        if isinstance(node, yaml.ScalarNode):
            marked = self._scalar(node)
        elif isinstance(node, yaml.SequenceNode):
            items = [self._mark(item) for item in node.value]
            size += sum(count for _, count in items)
            marked = Sequence(self.lines.place(start, self._trimmed(start, end)), tuple(item for item, _ in items))
        else:
            entries, size = self._entries(node)
            marked = Mapping(self.lines.place(start, self._trimmed(start, end)), entries)
        if size > MOST_VALUES:
            raise _Unreadable(t("The aliases of this file stand for more values than can be read."), start)
        self._open.discard(key)
        self._done[key] = marked, size
        return marked, size

    def _trimmed(self, start: int, end: int) -> int:
        """Block collections end, for YAML, where the next thing begins; for a reader they end with their last line."""
        return start + len(self.lines.text[start:end].rstrip())

    def _scalar(self, node: Any) -> Scalar:
        start, end = node.start_mark.index, node.end_mark.index
        text = node.value.translate(_SHOW)
        place = self.lines.place(start, self._trimmed(start, end))
        placeholder = text != node.value
        value: object = text
        if not placeholder:
            try:
                value = self._scalars.construct_object(node, deep=True)
            except yaml.MarkedYAMLError:
                raise _Unreadable(t("The tag {0} has no meaning here; remove it.", repr(node.tag)), start, end) from None
            except (ValueError, OverflowError, KeyError) as error:
                message = t("The value {0} cannot be read ({1}); put it in quotes.", repr(text), error)
                raise _Unreadable(message, start, end) from None
        return Scalar(place, value, text, plain=not node.style, placeholder=placeholder)

    def _entries(self, node: Any) -> tuple[tuple[Entry, ...], int]:
        own: dict[str, Entry] = {}
        merged: dict[str, Entry] = {}
        size = 1
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE:
                size += self._merge(value_node, merged)
                continue
            key = self._key(key_node)
            value, count = self._mark(value_node)
            size += count + 1
            if key.text in own:
                first = own.pop(key.text).key.place
                message = t(
                    "The key '{0}' stands twice in this mapping (first in line {1}); only this last one counts.",
                    key.text,
                    first.line,
                )
                self.problems.append(Problem(key.place, "duplicate-key", message))
            own[key.text] = Entry(key, value)
        return (*own.values(), *(entry for text, entry in merged.items() if text not in own)), size

    def _merge(self, node: Any, into: dict[str, Entry]) -> int:
        """Take the entries of one mapping, or of several, of which the first one with a key wins (YAML merge keys)."""
        size = 0
        for source in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            marked, count = self._mark(source)
            if not isinstance(marked, Mapping):
                message = t("A merge key ('<<') needs a mapping.")
                raise _Unreadable(message, source.start_mark.index, source.end_mark.index)
            size += count
            for entry in marked.entries:
                into.setdefault(entry.key.text, Entry(entry.key, entry.value, merged=True))
        return size

    def _key(self, node: Any) -> Scalar:
        if not isinstance(node, yaml.ScalarNode):
            start, end = node.start_mark.index, node.end_mark.index
            raise _Unreadable(t("A key has to be a single word; if this is a template, write {{name}}."), start, end)
        return self._scalar(node)
