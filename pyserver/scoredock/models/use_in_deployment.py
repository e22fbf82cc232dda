"""Writes a model into the text of a deployment file and leaves the rest of it as the author wrote it."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from scoredock.l10n import t
from scoredock.models.names import parse_reference
from scoredock.models.values import ModelProblem
from scoredock.project.marked import Entry, Mapping, Marked, Scalar
from scoredock.project.marked_yaml import read_yaml

# The model goes in front of the first of these that the file has: the order of Azure's samples.
FOLLOWING = ("code_configuration", "environment", "instance_type", "instance_count")


def use_path(text: str, path: str) -> str:
    """``text`` of a ``deployment.yml`` with ``model.path`` set to ``path`` (relative to the file, with slashes)."""
    return _use(text, path=path)


def use_reference(text: str, reference: str) -> str:
    """``text`` of a ``deployment.yml`` with ``model`` set to ``azureml:NAME:VERSION``."""
    parse_reference(reference)
    return _use(text, reference=reference if reference.startswith("azureml:") else f"azureml:{reference}")


def _use(text: str, *, path: str | None = None, reference: str | None = None) -> str:
    document = read_yaml(text, Path("deployment.yml"))
    if not document.readable or not (document.root is None or isinstance(document.root, Mapping)):
        raise ModelProblem(t("The deployment file cannot be read as YAML."), t("Correct the file first."))
    root = document.root
    page = _Page(text)
    entry = root.entry("model") if isinstance(root, Mapping) else None
    if entry is not None and entry.merged:
        raise ModelProblem(t("The deployment takes its model from a merged block (<<)."), t("Write a model of its own into it."))
    if entry is None:
        changed = _inserted(page, root, path, reference)
    elif isinstance(entry.value, Mapping) and path is not None:
        changed = _path_replaced(page, entry.value, path)
    elif isinstance(entry.value, Mapping) and reference is not None:
        changed = _block_replaced(page, entry, reference)
    else:
        changed = _scalar_replaced(page, entry, path, reference)
    _check(changed, path, reference)
    return changed


class _Page:
    """A text with places turned into offsets."""

    def __init__(self, text: str) -> None:
        self.mark = "\ufeff" if text.startswith("\ufeff") else ""
        self.text = text.removeprefix("\ufeff")
        self.ends = "\r\n" if "\r\n" in self.text else "\n"
        self.starts = [0, *(match.end() for match in re.finditer(r"\r\n|\n|\r", self.text))]

    def offset(self, line: int, column: int) -> int:
        return min(self.starts[line - 1] + column - 1, len(self.text))

    def span(self, value: Marked) -> tuple[int, int]:
        place = value.place
        return self.offset(place.line, place.column), self.offset(place.end_line, place.end_column)

    def with_change(self, start: int, end: int, new: str) -> str:
        return self.mark + self.text[:start] + new + self.text[end:]

    def line_end(self, offset: int) -> int:
        """Where the line of ``offset`` ends, in front of its line break."""
        match = re.compile(r"\r\n|\n|\r|$").search(self.text, offset)
        return match.start() if match else len(self.text)


def _written(value: str, *, flow: bool = False) -> str:
    """``value`` as YAML writes it on one line."""
    given = [value] if flow else value
    text: str = yaml.safe_dump(given, default_flow_style=True, allow_unicode=True, width=100_000)
    text = text.removesuffix("\n").removesuffix("\n...")
    return text[1:-1] if flow else text


def _inserted(page: _Page, root: Mapping | None, path: str | None, reference: str | None) -> str:
    lines = [f"model: {_written(reference)}"] if reference is not None else ["model:", f"  path: {_written(path or '')}"]
    block = page.ends.join(lines) + page.ends
    following = next((entry for key in FOLLOWING if root and (entry := root.entry(key)) and not entry.merged), None)
    if root is not None and page.text[page.offset(root.place.line, root.place.column) :].startswith("{"):
        raise ModelProblem(
            t("The deployment file is written as one line of braces."), t("Write it as a block, one key to a line.")
        )
    if following is not None:
        at = page.offset(following.key.place.line, 1)
        # Comment lines right above the key belong to it.
        while at and re.match(r"[ \t]*#", page.text[(above := _line_above(page, at)) : at]):
            at = above
        return page.with_change(at, at, block)
    end = len(page.text)
    lead = page.ends if end and not page.text.endswith(("\n", "\r")) else ""
    return page.with_change(end, end, lead + block)


def _line_above(page: _Page, start: int) -> int:
    return max((line for line in page.starts if line < start), default=0)


def _path_replaced(page: _Page, model: Mapping, path: str) -> str:
    entry = model.entry("path")
    start, end = page.span(model)
    flow = page.text[start : start + 1] == "{"
    if entry is not None and not entry.merged:
        start, end = page.span(entry.value)
        if start == end:  # "path:" with nothing behind it
            colon = page.text.index(":", page.span(entry.key)[1]) + 1
            return page.with_change(colon, colon, f" {_written(path, flow=flow)}")
        return page.with_change(start, end, _written(path, flow=flow))
    if flow:
        comma = ", " if model.entries else ""
        return page.with_change(start + 1, start + 1, f"path: {_written(path, flow=True)}{comma}")
    first = model.entries[0].key.place
    at = page.offset(first.line, first.column)
    return page.with_change(at, at, f"path: {_written(path)}{page.ends}{' ' * (first.column - 1)}")


def _block_replaced(page: _Page, entry: Entry, reference: str) -> str:
    """A mapping becomes one reference; comments that stood in it stay where they stood."""
    start, end = page.span(entry.value)
    if page.text[start : start + 1] == "{":
        return page.with_change(start, end, _written(reference))
    colon = page.text.index(":", page.span(entry.key)[1]) + 1
    head_end = page.line_end(colon)
    kept = page.text[colon:head_end]  # a comment behind "model:"
    body = page.text[head_end:end]
    comments = [line for line in re.split(r"\r\n|\n|\r", body) if line.strip().startswith("#")]
    tail = "".join(page.ends + line for line in comments)
    if page.text[head_end:end].endswith(("\n", "\r")):
        tail += page.ends
    return page.with_change(colon, end, f" {_written(reference)}{kept}{tail}")


def _scalar_replaced(page: _Page, entry: Entry, path: str | None, reference: str | None) -> str:
    """``model: azureml:…`` or ``model:`` with nothing behind it."""
    start, end = page.span(entry.value)
    colon = page.text.index(":", page.span(entry.key)[1]) + 1
    empty = isinstance(entry.value, Scalar) and entry.value.value is None and not entry.value.text
    if reference is not None:
        return (
            page.with_change(colon, colon, f" {_written(reference)}")
            if empty
            else page.with_change(start, end, _written(reference))
        )
    line = page.line_end(max(colon, start))
    behind = page.text[colon if empty else end : line]  # a comment stays on the line of the key
    indent = " " * (entry.key.place.column + 1)
    new = f"{' ' + behind.strip() if behind.strip() else ''}{page.ends}{indent}path: {_written(path or '')}"
    return page.with_change(colon, line, new)


def _check(text: str, path: str | None, reference: str | None) -> None:
    """What was written has to be what a reader finds; anything else is a layout that is better changed by hand."""
    root = read_yaml(text, Path("deployment.yml")).root
    model = root.get("model") if isinstance(root, Mapping) else None
    value = model.get("path") if isinstance(model, Mapping) and path is not None else model
    if not isinstance(value, Scalar) or value.value != (path if path is not None else reference):
        raise ModelProblem(
            t("The model cannot be written into this deployment file by itself."), t("Change its 'model' by hand.")
        )
