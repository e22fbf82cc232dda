"""Whether a script is an entry script of an online deployment, and what its `init` and `run` are."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scoredock.contract.facts import Role

if TYPE_CHECKING:
    from scoredock.contract.scopes import Scope
    from scoredock.contract.script import Script

Definition = ast.FunctionDef | ast.AsyncFunctionDef

# Names that batch and parallel-run scripts give the first parameter of `run`: a list of files or a frame, not a request.
BATCH_PARAMETERS = frozenset(
    ("batch", "files", "filelist", "filepaths", "inputfiles", "inputpaths", "imagepaths", "imagefiles", "paths")
)

# Modules whose import says that a module scores something (a plain module with an `init` and a `run` imports none).
SCORING_MODULES = frozenset(
    (
        *("azureml", "inference_schema", "azureml_inference_server_http", "joblib", "pickle", "cloudpickle", "mlflow"),
        *("sklearn", "torch", "tensorflow", "keras", "onnxruntime", "xgboost", "lightgbm", "catboost", "transformers", "fastai"),
    )
)


@dataclass(frozen=True, slots=True)
class Entry:
    """``online``: the rules of the online server apply. ``inits`` and ``runs`` are the definitions that the name may
    stand for at the end of the import; ``None``: bound, to something we cannot follow; empty: not bound at all."""

    online: bool
    inits: tuple[Definition, ...] | None
    runs: tuple[Definition, ...] | None
    hidden: dict[str, ast.AST]  # bound under `if __name__ == "__main__":` only, which the server never enters


def find_entry(script: Script) -> Entry:
    """Decide from the deployment file's word, else from the shape; when unsure it is not an entry script."""
    module = script.names.module
    hidden: dict[str, ast.AST] = {}
    inits = _definitions(script, module, "init", hidden)
    runs = _definitions(script, module, "run", hidden)
    entry = Entry(True, inits, runs, hidden)
    return entry if _is_online(script, entry) else Entry(False, inits, runs, hidden)


def _definitions(script: Script, module: Scope, name: str, hidden: dict[str, ast.AST]) -> tuple[Definition, ...] | None:
    nodes = module.bindings.get(name, [])
    for scope in module.functions():
        if name in scope.declared_global and name in scope.bindings:
            return None
    if not nodes:
        return None if _may_bind_anything(script) else ()
    main_only = _nodes_under_main(script.tree)
    seen = [node for node in nodes if node not in main_only]
    if not seen:
        hidden[name] = nodes[0]
        return None if _may_bind_anything(script) else ()
    if all(isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) for node in seen):
        top = [node for node in script.tree.body if node in seen]
        # A later definition at the top level replaces all before it.
        if top:
            last = max(top, key=lambda node: node.lineno)
            seen = [node for node in seen if node is last or getattr(node, "lineno", 0) > last.lineno]
        return tuple(node for node in seen if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
    return None


def _may_bind_anything(script: Script) -> bool:
    """Star imports, exec and writing to globals() bind names that the text does not show."""
    for node, scope in script.names.imports:
        if scope.parent is None and any(alias.name == "*" for alias in node.names):
            return True
    loads = {name for scope in script.names.module.inside() for name in scope.loads}
    return bool(loads & {"exec", "globals", "vars", "locals", "setattr", "eval"})


def _nodes_under_main(tree: ast.Module) -> set[ast.AST]:
    """All nodes in the body of `if __name__ == "__main__":`; under the server the module is called `entry_module`."""
    found: set[ast.AST] = set()
    for node in tree.body:
        if isinstance(node, ast.If) and is_main_test(node.test):
            for child in node.body:
                found.update(ast.walk(child))
    return found


def is_main_test(test: ast.expr) -> bool:
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq)):
        return False
    sides = (test.left, test.comparators[0])
    return any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides) and any(
        isinstance(side, ast.Constant) and side.value == "__main__" for side in sides
    )


def parameters(definition: Definition | ast.Lambda) -> list[tuple[ast.arg, bool]]:
    """Each named parameter in the order of the signature, and whether it must be given."""
    arguments = definition.args
    positional = [*arguments.posonlyargs, *arguments.args]
    optional = len(positional) - len(arguments.defaults)
    listed = [(argument, number < optional) for number, argument in enumerate(positional)]
    listed.extend(
        (argument, default is None) for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    )
    return listed


def _is_online(script: Script, entry: Entry) -> bool:
    inits, runs = entry.inits, entry.runs
    for run in runs or ():
        if _is_batch(script, run):
            return False
    if script.facts.role is Role.ENTRY_SCRIPT:
        return True
    if inits == () and runs == ():
        return False
    if inits == () or runs == ():
        return _is_half_an_entry_script(script, entry)
    proper = all(not any(required for _, required in parameters(init)) for init in inits or ()) and all(
        parameters(run) and run.args.vararg is None and run.args.kwarg is None and not run.args.posonlyargs for run in runs or ()
    )
    return (proper and bool(inits or runs)) or _scores(script)


def _is_batch(script: Script, run: Definition) -> bool:
    named = [argument for argument, _ in parameters(run)]
    first = named[0].arg.lower().replace("_", "") if named else ""
    if "minibatch" in first:
        return True
    if any(
        isinstance(node, ast.ImportFrom) and (node.module or "").startswith("azureml_user") for node, _ in script.names.imports
    ):
        return True
    if run.decorator_list:
        return False
    if first in BATCH_PARAMETERS and not _is_read_as_json(script, run, named[0].arg):
        return True
    words = script.path.stem.lower()
    batch_words = "batch" in words or "parallel" in words or "shutdown" in script.names.module.bindings
    return bool(named) and batch_words and not _is_read_as_json(script, run, named[0].arg)


def _is_read_as_json(script: Script, run: Definition, parameter: str) -> bool:
    for call, _ in script.names.calls:
        if (
            run.lineno <= call.lineno <= (run.end_lineno or run.lineno)
            and call.args
            and isinstance(call.args[0], ast.Name)
            and call.args[0].id == parameter
            and (
                (isinstance(call.func, ast.Attribute) and call.func.attr in ("loads", "read_json"))
                or (isinstance(call.func, ast.Name) and call.func.id in ("loads", "read_json"))
            )
        ):
            return True
    return False


def _scores(script: Script) -> bool:
    """Something beside the shape says that this is about scoring: its name, a variable of Azure, a library of models."""
    stem = script.path.stem.lower()
    if "score" in stem or "scoring" in stem or "inference" in stem:
        return True
    if any("AZUREML_MODEL_DIR" in node.value for node in script.names.strings if isinstance(node.value, str)):
        return True
    return not SCORING_MODULES.isdisjoint(_imported_roots(script))


def _imported_roots(script: Script) -> set[str]:
    roots: set[str] = set()
    for node, _ in script.names.imports:
        if isinstance(node, ast.Import):
            roots.update(alias.name.split(".")[0] for alias in node.names)
        elif node.module and not node.level:
            roots.add(node.module.split(".")[0])
    return roots


def _is_half_an_entry_script(script: Script, entry: Entry) -> bool:
    """One of the two is missing and no file names the script: only what nothing but an entry script does counts."""
    if entry.hidden:
        return _scores(script)
    if _imported_roots(script) & {"inference_schema", "azureml_inference_server_http"}:
        return True
    if any(
        isinstance(node, ast.ImportFrom) and (node.module or "").startswith("azureml.contrib.services")
        for node, _ in script.names.imports
    ):
        return True
    if any("AZUREML_MODEL_DIR" in node.value for node in script.names.strings if isinstance(node.value, str)):
        return True
    stem = script.path.stem.lower()
    if not ("score" in stem or "scoring" in stem):
        return False
    defined = entry.runs or entry.inits or ()
    return all(bool(parameters(node)) == (node.name == "run") and len(parameters(node)) <= 2 for node in defined) and bool(
        defined
    )
