"""`logging.info` of which nothing is seen."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from scoredock.contract.evaluation.values import Method, Object, Reference, Value
from scoredock.contract.fixes import add_keyword
from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.finding import Edit, Finding, Fix, Place, Severity
from scoredock.l10n import t

RULE = Rule("SD303", "logging-info-hidden", Severity.INFORMATION)

QUIET = frozenset(("info", "debug"))


def check(script: Script) -> Iterator[Finding]:
    if not script.entry.online or _configures_otherwise(script):
        return
    hidden: dict[ast.Call, str] = {}
    for call in script.notes.calls:
        name = _level(script, call.callee)
        if name is not None:
            hidden.setdefault(call.node, name)
    if not hidden:
        return
    first = min(hidden, key=lambda node: (node.lineno, node.col_offset))
    basic = next(iter(script.calls_to("logging.basicConfig")), None)
    shown = t("The server keeps the root logger at WARNING, so `{0}` messages are not shown.", hidden[first])
    if len(hidden) > 1:
        shown = t(
            "The server keeps the root logger at WARNING, so `{0}` messages are not shown (and {1} more below).",
            hidden[first],
            len(hidden) - 1,
        )
    fix: Fix | None
    if basic is not None:
        todo = t("`logging.basicConfig` changes nothing here, as the root logger has a handler already: add `force=True`.")
        fix = add_keyword(script, basic, "force=True", t("Add `force=True` to `basicConfig`"))
    else:
        todo = t("Use `print`, or `logging.getLogger().setLevel(logging.INFO)` in `init`.")
        fix = _set_level(script)
    yield RULE.finding(script, script.text.place(first), f"{shown} {todo}", fix=fix)


def _level(script: Script, callee: Value) -> str | None:
    if isinstance(callee, Reference):
        module, _, name = callee.name.rpartition(".")
        return callee.name if module == "logging" and name in QUIET else None
    if isinstance(callee, Method) and callee.name in QUIET:
        receiver = callee.receiver
        return f"logger.{callee.name}" if isinstance(receiver, Object) and receiver.type == "logging.Logger" else None
    return None


def _configures_otherwise(script: Script) -> bool:
    """Whether the script sets a level or handlers in a way that shows (or may show) its messages."""
    for call, _ in script.names.calls:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name in ("setLevel", "dictConfig", "fileConfig", "addHandler", "configure_azure_monitor", "set_verbosity_info"):
            return True
        if name == "basicConfig" and any(keyword.arg in ("force", None) for keyword in call.keywords):
            return True
        if name == "getLogger" and call.args:
            named = call.args[0]
            if isinstance(named, ast.Constant) and str(named.value).startswith(("azmlinfsrv", "gunicorn")):
                return True  # the server's own loggers are shown
    return any(isinstance(node, ast.Attribute) and node.attr in ("level", "disabled") for node, _ in script.names.attributes)


def _set_level(script: Script) -> Fix | None:
    """Set the level as the first thing in `init`, where the script knows `logging` by name."""
    inits = script.entry.inits
    if not inits or not isinstance(inits[0].node, ast.FunctionDef):
        return None
    if script.machine.frame.names.get("logging") != Reference("logging"):
        return None
    body = inits[0].node.body
    first = body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and len(body) > 1:
        first = body[1]
    if first.lineno == inits[0].node.lineno or isinstance(first, ast.Global):
        return None
    place = Place(script.path, first.lineno, 1, first.lineno, 1)
    line = f"{script.text.indent(first.lineno)}logging.getLogger().setLevel(logging.INFO){script.text.newline}"
    return Fix(t("Show INFO messages"), (Edit(place, line),))
