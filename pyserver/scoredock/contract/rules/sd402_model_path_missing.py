"""A path under AZUREML_MODEL_DIR that the mounted model does not have."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from scoredock.contract.evaluation.machine import Call
from scoredock.contract.evaluation.values import Class, Constant, Function, Method, ModelPath, Reference, Value
from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.finding import Edit, Finding, Fix
from scoredock.l10n import t

RULE = Rule("SD402", "model-path-missing")

# Functions that a missing path does not disturb, or that make it.
CALM = frozenset(
    (
        *("os.path.exists", "os.path.isfile", "os.path.isdir", "os.path.lexists", "os.path.islink", "os.makedirs", "os.mkdir"),
        *("os.path.join", "os.path.abspath", "os.path.normpath", "os.path.realpath", "os.path.basename", "os.path.dirname"),
        *("os.walk", "glob.glob", "glob.iglob", "builtins.print", "builtins.str", "builtins.repr", "pathlib.Path", "os.fspath"),
        *(
            "os.path.split",
            "os.path.splitext",
            "os.environ.get",
            "os.getenv",
            "builtins.len",
            "builtins.isinstance",
            "sys.path.append",
        ),
        *("os.path.expanduser", "os.path.relpath", "sys.path.insert", "os.environ.setdefault", "os.putenv"),
    )
)


def check(script: Script) -> Iterator[Finding]:
    models = script.facts.models
    if not script.entry.online or models is None or models.tree is None:
        return
    tree = {path.as_posix() for path in models.tree}
    told: set[tuple[str, ...]] = set()
    for call, value in model_loads(script):
        path = "/".join(value.parts)
        if value.parts not in told and path not in tree and not call.guarded and "*" not in path:
            told.add(value.parts)
            node = value.node or call.node
            near = _near(path, tree)
            happens = t("the request answers 500") if call.phase == "run" else t("the server will not start (exit 3)")
            lacks = t("The model that is mounted at AZUREML_MODEL_DIR has no `{0}`: {1}.", path, happens)
            there = t("Did you mean `{0}`?", near) if near else t("There is {0}.", _listed(tree))
            yield RULE.finding(
                script,
                script.text.place(node),
                f"{lacks} {there}",
                fix=_fix(script, node, near) if near else None,
            )


def model_loads(script: Script) -> Iterator[tuple[Call, ModelPath]]:
    """The calls that read a path below AZUREML_MODEL_DIR, with the path."""
    for call in script.notes.calls:
        for position, value in enumerate((*call.arguments, *call.keywords.values())):
            if isinstance(value, ModelPath) and value.parts and _opens(call, position):
                yield call, value


def _opens(call: Call, position: int) -> bool:
    callee: Value = call.callee
    if isinstance(callee, (Function, Class)):
        return False  # its own calls are looked at
    if isinstance(callee, Reference):
        if callee.name in CALM or callee.name.startswith("logging."):
            return False
        if callee.name == "builtins.open":
            mode = call.arguments[1] if len(call.arguments) > 1 else call.keywords.get("mode", Constant("r", "str"))
            return isinstance(mode, Constant) and isinstance(mode.value, str) and not set(mode.value) & set("wax+")
        return position == 0
    # Of a method of something unknown we know nothing, but loading is what it is called for.
    name = callee.name if isinstance(callee, Method) else getattr(call.node.func, "attr", "")
    return position == 0 and name in ("load", "load_model", "load_weights", "from_pretrained", "load_state_dict", "load_learner")


def _near(path: str, tree: set[str]) -> str | None:
    """The one path that has the same last part, else the one that is spelled alike."""
    last = PurePosixPath(path).name
    same = sorted(known for known in tree if PurePosixPath(known).name == last)
    if len(same) == 1:
        return same[0]
    from difflib import get_close_matches

    return next(iter(get_close_matches(path, sorted(tree), n=1, cutoff=0.75)), None)


def _listed(tree: set[str]) -> str:
    shown = [f"`{path}`" for path in sorted(tree)[:4]]
    return ", ".join(shown) + (t(" and more") if len(tree) > 4 else "") if shown else t("nothing in it")


def _fix(script: Script, node: ast.AST, near: str) -> Fix | None:
    """Rewrite the parts of `os.path.join(model_dir, "a", "b")`."""
    if not isinstance(node, ast.Call) or len(node.args) < 2 or node.keywords:
        return None
    rest = node.args[1:]
    if not all(isinstance(part, ast.Constant) for part in rest) or not _is_root(script, node.args[0]):
        return None
    first, last = script.text.place(rest[0]), script.text.place(rest[-1])
    whole = type(first)(script.path, first.line, first.column, last.end_line, last.end_column)
    return Fix(t("Write `{0}`", near), (Edit(whole, ", ".join(f'"{part}"' for part in near.split("/"))),))


def _is_root(script: Script, node: ast.expr) -> bool:
    """Whether the first part is the folder itself, so that the others spell the whole path."""
    return isinstance(node, ast.Call) or (isinstance(node, ast.Subscript) and "AZUREML_MODEL_DIR" in ast.unparse(node))
