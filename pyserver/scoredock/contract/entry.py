"""Whether a script is an entry script of an online deployment, and what its `init` and `run` are."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scoredock.contract.evaluation.parameters import parameters
from scoredock.contract.evaluation.values import Anything, Function, options
from scoredock.contract.facts import Role
from scoredock.contract.signature import Signature, signature_of

if TYPE_CHECKING:
    from scoredock.contract.script import Script

# Names that batch and parallel-run scripts give the first parameter of `run`: a list of files or a frame, not a request.
BATCH_PARAMETERS = frozenset(
    ("batch", "files", "filelist", "filepaths", "inputfiles", "inputpaths", "imagepaths", "imagefiles", "paths")
)

# Names that online scripts give it.
DATA_PARAMETERS = frozenset(
    (
        *("data", "rawdata", "inputdata", "input", "inputs", "request", "req", "rawrequest", "payload", "body", "jsondata"),
        *("requestbody", "rawinput", "inputjson", "jsoninput", "datajson", "inputstr", "sample", "rawbody", "requestdata"),
    )
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
    """``online``: the rules of the online server apply. ``inits`` and ``runs`` are what the name may stand for after the
    import (several when branches differ); ``None``: bound to something we cannot follow; empty: not bound at all.
    ``hidden`` holds a definition that stands under `if __name__ == "__main__":` only, which the server never enters."""

    online: bool
    inits: tuple[Function, ...] | None
    runs: tuple[Function, ...] | None
    hidden: dict[str, ast.AST]
    certain: bool = False  # a file names the script, or it names itself after scoring: not only its shape speaks


def find_entry(script: Script) -> Entry:
    """Decide from the deployment file's word, else from the shape; when unsure it is not an entry script."""
    inits, runs = _functions(script, "init"), _functions(script, "run")
    hidden: dict[str, ast.AST] = {
        name: nodes[0]
        for name, found in (("init", inits), ("run", runs))
        if found == () and (nodes := _bound(script, name)) and isinstance(nodes[0], (ast.FunctionDef, ast.AsyncFunctionDef))
    }
    online = _is_online(script, inits, runs, hidden)
    certain = online and (script.facts.role is Role.ENTRY_SCRIPT or _asks_azure(script) or "scor" in script.path.stem.lower())
    return Entry(online, inits, runs, hidden, certain)


def _functions(script: Script, name: str) -> tuple[Function, ...] | None:
    value = script.machine.frame.names.get(name)
    if value is None:
        return None if script.binds_unseen else ()
    found = options(value)
    functions = tuple(option for option in found if isinstance(option, Function))
    return functions if len(functions) == len(found) and not any(isinstance(option, Anything) for option in found) else None


def _bound(script: Script, name: str) -> list[ast.AST]:
    return script.names.module.bindings.get(name, [])


def is_main_test(test: ast.expr) -> bool:
    """`__name__ == "__main__"`, in either order."""
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq)):
        return False
    sides = (test.left, test.comparators[0])
    return any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides) and any(
        isinstance(side, ast.Constant) and side.value == "__main__" for side in sides
    )


def _is_online(
    script: Script, inits: tuple[Function, ...] | None, runs: tuple[Function, ...] | None, hidden: dict[str, ast.AST]
) -> bool:
    if any(_is_batch(script, run) for run in runs or ()):
        return False
    if script.facts.role is Role.ENTRY_SCRIPT:
        return True
    if inits == () and runs == ():
        return len(hidden) == 2 and _scores(script)
    if inits == () or runs == ():
        return _is_half_an_entry_script(script, inits, runs, hidden)
    if inits is None and runs is None:
        return False
    proper = all(not any(required for _, required in signature_of(init).named) for init in inits or ()) and all(
        _is_proper(signature_of(run)) for run in runs or ()
    )
    if proper:
        return True
    # Two functions of the right names and the wrong shape: only a script that is about scoring in more than its imports.
    if not inits or not runs:
        return False
    first = next((signature_of(run).names[0] for run in runs if signature_of(run).names), "")
    if first.lower().replace("_", "") in DATA_PARAMETERS and not _calls_itself(script):
        return True
    stem = script.path.stem.lower()
    named = any(word in stem for word in ("score", "scoring", "inference", "entry"))
    return named or _asks_azure(script) or (_scores(script) and not _calls_itself(script))


def _is_proper(signature: Signature) -> bool:
    return bool(signature.named) and signature.accepted


def _is_batch(script: Script, run: Function) -> bool:
    """A batch or parallel-run script: another contract, where a list or a frame is the right thing to return."""
    named = [argument for argument, _ in parameters(run.node)]
    if run.bound is not None:
        named = named[1:]
    first = named[0].arg.lower().replace("_", "") if named else ""
    if "minibatch" in first or "azureml_user" in script.machine.imported_roots:
        return True
    if run.schemas or script.machine.rawhttp or not named or _is_read_as_json(script, run, named[0].arg):
        return False
    if first in BATCH_PARAMETERS:
        return True
    if _parses_arguments(script):
        return True
    words = "/".join((*script.path.parent.parts[-2:], script.path.stem)).lower()
    return "batch" in words or "parallel" in words or "shutdown" in script.names.module.bindings


def _parses_arguments(script: Script) -> bool:
    """Batch drivers get arguments, online scripts never do (but for trying them out, below `__name__ == "__main__"`)."""
    if "argparse" not in script.machine.imported_roots:
        return False
    from scoredock.contract.undefined import under_main

    tried = under_main(script)
    return any(
        node not in tried
        and "argparse" in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module])
        for node, _ in script.names.imports
    )


def _is_read_as_json(script: Script, run: Function, parameter: str) -> bool:
    first, last = run.node.lineno, run.node.end_lineno or run.node.lineno
    for call, _ in script.names.calls:
        if first <= call.lineno <= last and call.args and isinstance(call.args[0], ast.Name) and call.args[0].id == parameter:
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if name in ("loads", "read_json"):
                return True
    return False


def _scores(script: Script) -> bool:
    """Something beside the shape says that this is about scoring: its name, a variable of Azure, a library of models."""
    stem = script.path.stem.lower()
    if "score" in stem or "scoring" in stem or "inference" in stem:
        return True
    return _asks_azure(script) or not SCORING_MODULES.isdisjoint(script.machine.imported_roots)


def _calls_itself(script: Script) -> bool:
    """Whether the module calls its own `run`, as programs do."""
    return any(isinstance(call.func, ast.Name) and call.func.id == "run" for call, _ in script.names.calls)


def _asks_azure(script: Script) -> bool:
    return any(isinstance(node.value, str) and "AZUREML_MODEL_DIR" in node.value for node in script.names.strings)


def _is_half_an_entry_script(
    script: Script, inits: tuple[Function, ...] | None, runs: tuple[Function, ...] | None, hidden: dict[str, ast.AST]
) -> bool:
    """One of the two is missing and no file names the script: only what nothing but an entry script does counts."""
    if hidden:
        return _scores(script)
    if script.machine.imported_roots & {"inference_schema", "azureml_inference_server_http"} or _asks_azure(script):
        return True
    for node, _ in script.names.imports:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("azureml.contrib.services"):
            return True
    stem = script.path.stem.lower()
    if not ("score" in stem or "scoring" in stem):
        return False
    defined = [(signature_of(function), bool(runs)) for function in runs or inits or ()]
    return bool(defined) and all(bool(seen.named) == is_run and len(seen.named) <= 2 for seen, is_run in defined)
