"""One script as the rules see it: its text, its tree, its names, and what `init` and `run` are."""

from __future__ import annotations

import ast
from functools import cached_property
from pathlib import Path

from scoredock.contract.entry import Entry, find_entry
from scoredock.contract.facts import Facts
from scoredock.contract.parse import Parsed
from scoredock.contract.scopes import Walk, walk
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
    def entry(self) -> Entry:
        return find_entry(self)
