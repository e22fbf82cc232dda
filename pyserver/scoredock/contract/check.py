"""The door of this room: one text and what is known around it in, findings out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from scoredock.contract import rules
from scoredock.contract.facts import Facts
from scoredock.contract.parse import parse
from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.finding import Finding


class Loaded(NamedTuple):
    """A rule and its function."""

    rule: Rule
    check: Callable[[Script], Iterable[Finding]]


@cache
def load_rules() -> tuple[Loaded, ...]:
    """Every module of `rules/`, in the order of the codes."""
    # Not pkgutil, which takes longer to import than all the rules.
    names = sorted({name.partition(".")[0] for name in os.listdir(rules.__path__[0]) if name.startswith("sd")})  # noqa: PTH208
    modules = (import_module(f"{rules.__name__}.{name}") for name in names)
    return tuple(Loaded(module.RULE, module.check) for module in modules)


def check(text: str, path: Path, facts: Facts | None = None) -> tuple[Finding, ...]:
    """All findings of one script, in the order of their places. Never raises, and says the same of the same text.

    A rule that crashes is logged and says nothing; the others still speak.
    """
    script = Script(text, path, facts or Facts(), parse(text))
    found: list[Finding] = []
    told: set[str] = set()
    for rule, look in load_rules():
        if script.parsed.problem is not None and not rule.on_broken_text:
            continue
        try:
            found.extend(look(script))
        except Exception as error:
            # What all rules share fails for all of them alike: one traceback is enough.
            import logging

            log = logging.getLogger(__name__)
            log.exception("rule %s failed on %s", rule.code, path, exc_info=repr(error) not in told)
            told.add(repr(error))
    if "scoredock:" in text and found:
        from scoredock.contract.ignore import without_ignored

        found = without_ignored(text, found)
    return tuple(sorted(set(found), key=lambda finding: (finding.place, finding.code, finding.message)))
