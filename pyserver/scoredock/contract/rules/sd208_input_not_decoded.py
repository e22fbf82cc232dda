"""The request's text used as if it were decoded."""

from __future__ import annotations

from collections.abc import Iterator

from scoredock.contract.evaluation.values import Constant, Value, options, tagged
from scoredock.contract.request import REQUEST_ATTRIBUTES
from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.contract.words import words
from scoredock.finding import Finding, Severity
from scoredock.l10n import t

RULE = Rule("SD208", "input-not-decoded")

# Methods of dicts, lists, arrays and frames that text does not have.
OF_DATA = frozenset(
    words(
        """get items keys values pop update setdefault append extend tolist to_json to_dict reshape astype shape columns iloc loc
        drop fillna head to_numpy iterrows mean sum"""
    )
)


def check(script: Script) -> Iterator[Finding]:
    if not script.entry.online:
        return
    for access in script.notes.accesses:
        if access.phase != "run" or access.guarded or not _is_body(access.receiver) or not script.entry.certain:
            continue
        if access.name is not None and (
            access.name not in OF_DATA or access.name in dir(str) or access.name in REQUEST_ATTRIBUTES
        ):
            continue
        if access.name is None and not (isinstance(access.item, Constant) and access.item.type == "str"):
            continue
        use = f"`.{access.name}`" if access.name else "a key"
        yield RULE.finding(
            script,
            script.text.place(access.node),
            t(
                "Without `@input_schema` the server passes the body as text, which has no {0}: every request "
                "answers 500. Decode it with `json.loads` first.",
                use.removeprefix("a "),
            ),
            severity=Severity.WARNING if access.rare else Severity.ERROR,
        )


def _is_body(value: Value) -> bool:
    return all(tagged(option, "body") for option in options(value))
