"""Breaking a working script on purpose, one rule at a time. Each function yields broken texts, or nothing where the script
has no such place. They change text, not trees, so that what is broken looks as people break it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

Mutation = Callable[[str], Iterator[str]]


def _function(text: str, name: str) -> ast.FunctionDef | None:
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return node
    return None


def _decorators(text: str) -> str:
    run = _function(text, "run")
    return " ".join(ast.unparse(decorator) for decorator in run.decorator_list) if run else ""


def _lines(text: str, first: int, last: int, new: list[str]) -> str:
    lines = text.splitlines()
    return "\n".join([*lines[: first - 1], *new, *lines[last:]]) + "\n"


def _replace(text: str, node: ast.AST, new: str) -> str:
    """Put other text in the place of a node (ASCII lines only)."""
    lines = text.splitlines()
    first, last = node.lineno, node.end_lineno or node.lineno  # type: ignore[attr-defined]
    head, tail = lines[first - 1][: node.col_offset], lines[last - 1][node.end_col_offset :]  # type: ignore[attr-defined]
    return _lines(text, first, last, [head + new + tail])


def _source(text: str, node: ast.AST) -> str:
    return ast.get_source_segment(text, node) or ""


def syntax(text: str) -> Iterator[str]:
    run = _function(text, "run")
    if run:
        line = text.splitlines()[run.lineno - 1]
        if line.rstrip().endswith(":"):
            yield _lines(text, run.lineno, run.lineno, [line.rstrip()[:-1]])
            yield _lines(text, run.lineno, run.lineno, [line.replace(")", "", 1)])


def no_init(text: str) -> Iterator[str]:
    init = _function(text, "init")
    if init:
        yield _lines(text, init.lineno, init.end_lineno or init.lineno, [])
        yield re.sub(r"^def init\(", "def initialize(", text, flags=re.MULTILINE)


def no_run(text: str) -> Iterator[str]:
    if _function(text, "run") and not re.search(r"\brun\(", re.sub(r"^def run\(", "", text, flags=re.MULTILINE)):
        yield re.sub(r"^def run\(", "def score(", text, flags=re.MULTILINE)


def init_argument(text: str) -> Iterator[str]:
    if "def init():" in text:
        yield text.replace("def init():", "def init(context):")
        yield text.replace("def init():", "def init(model_dir, *, name):")


def run_without_data(text: str) -> Iterator[str]:
    run = _function(text, "run")
    if run and not run.decorator_list:
        yield re.sub(r"^def run\([^)]*\)", "def run()", text, flags=re.MULTILINE)
        yield re.sub(r"^def run\([^)]*\)", "def run(request_headers)", text, flags=re.MULTILINE)


def run_variadic(text: str) -> Iterator[str]:
    run = _function(text, "run")
    if run and not run.args.vararg and not run.args.kwarg and not run.args.kwonlyargs:
        yield re.sub(r"^def run\(([^)]*?),?\s*\)", r"def run(\1, *args)", text, flags=re.MULTILINE)
        yield re.sub(r"^def run\(([^)]*?),?\s*\)", r"def run(\1, **kwargs)", text, flags=re.MULTILINE)
        if not run.decorator_list:
            yield re.sub(r"^def run\(([^)]*?),?\s*\)", r"def run(\1, /)", text, flags=re.MULTILINE)


def rawhttp_and_schema(text: str) -> Iterator[str]:
    run = _function(text, "run")
    if run and "input_schema" in _decorators(text):
        first = min(decorator.lineno for decorator in run.decorator_list)
        yield "from azureml.contrib.services.aml_request import rawhttp\n" + _lines(
            text, first, first, ["@rawhttp", text.splitlines()[first - 1]]
        )


def rawhttp_called(text: str) -> Iterator[str]:
    if re.search(r"^@rawhttp\s*$", text, re.MULTILINE):
        yield re.sub(r"^@rawhttp\s*$", "@rawhttp()", text, flags=re.MULTILINE)


def async_init(text: str) -> Iterator[str]:
    if "global " in text and _function(text, "init"):
        yield re.sub(r"^def init\(", "async def init(", text, flags=re.MULTILINE)


def unwrapped_sample(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if (
            isinstance(node, ast.Call)
            and getattr(node.func, "id", "") in ("NumpyParameterType", "PandasParameterType")
            and node.args
        ):
            yield _replace(text, node, _source(text, node.args[0]))
            yield _replace(text, node, "StandardPythonParameterType(None)") if "StandardPythonParameterType" in text else text
            return


def future_dataclass(text: str) -> Iterator[str]:
    if "__future__" not in text and not text.lstrip().startswith(("#", '"', "'")):
        yield (
            "from __future__ import annotations\nfrom dataclasses import dataclass\n"
            + text
            + "\n\n@dataclass\nclass Row:\n    value: float\n"
        )


def relative_import(text: str) -> Iterator[str]:
    if "__future__" not in text and not text.lstrip().startswith(("#", '"', "'")):
        yield "from .preprocessing import clean\n" + text


def removed_api(text: str) -> Iterator[str]:
    if re.search(r"^import joblib$", text, re.MULTILINE):
        yield re.sub(r"^import joblib$", "from sklearn.externals import joblib", text, flags=re.MULTILINE)
    if re.search(r"^import numpy as np$", text, re.MULTILINE):
        yield re.sub(r"^import numpy as np$", "import numpy as np\nKIND = np.float", text, flags=re.MULTILINE)


def more_arguments(text: str) -> Iterator[str]:
    run = _function(text, "run")
    if run and "schema" not in _decorators(text) and not run.args.defaults and not run.args.kwonlyargs:
        yield re.sub(r"^def run\(([^)]*?),?\s*\)", r"def run(\1, threshold)", text, flags=re.MULTILINE)


def schema_name(text: str) -> Iterator[str]:
    for match in re.finditer(r"@input_schema\(\s*(?:param_name=)?[\"'](\w+)[\"']", text):
        if "optional=True" in text or "convert_to_provided_type" in text:
            return
        yield text[: match.start(1)] + match.group(1) + "_x" + text[match.end(1) :]


def no_global(text: str) -> Iterator[str]:
    init = _function(text, "init")
    if init is None:
        return
    for node in ast.walk(init):
        if isinstance(node, ast.Global):
            run_text = "".join(_source(text, other) for other in ast.parse(text).body if getattr(other, "name", "") == "run")
            if any(re.search(rf"\b{name}\b", run_text) for name in node.names) and "globals()" not in text:
                yield _lines(text, node.lineno, node.lineno, [])


def async_run(text: str) -> Iterator[str]:
    if _function(text, "run"):
        yield re.sub(r"^def run\(", "async def run(", text, flags=re.MULTILINE)


def loads_decoded(text: str) -> Iterator[str]:
    run = _function(text, "run")
    match = re.search(
        r"@input_schema\(\s*(?:param_name=)?[\"'](\w+)[\"']\s*,\s*(?:param_type=)?(Numpy|Pandas)ParameterType", text
    )
    if run and match and match.group(1) in {argument.arg for argument in run.args.args}:
        first = run.body[0]
        indent = " " * first.col_offset
        line = f"{indent}{match.group(1)} = json.loads({match.group(1)})"
        yield "import json\n" + _lines(text, first.lineno, first.lineno, [line, text.splitlines()[first.lineno - 1]])


def not_plain_data(text: str) -> Iterator[str]:
    run = _function(text, "run")
    if run is None:
        return
    for node in ast.walk(run):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "tolist"
            and not node.args
            and _is_prediction(run, node.func.value)
        ):
            yield _replace(text, node, _source(text, node.func.value))


def _is_prediction(run: ast.FunctionDef, value: ast.expr) -> bool:
    """Whether it is certain that this is an array (a call of `predict`, or a name that was given one)."""
    if isinstance(value, ast.Name):
        for part in ast.walk(run):
            if isinstance(part, ast.Assign) and any(getattr(target, "id", "") == value.id for target in part.targets):
                return _is_prediction(run, part.value)
        return False
    return (
        isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr in ("predict", "predict_proba")
    )


def returned_set(text: str) -> Iterator[str]:
    yield from _returning(text, "{1, 2}")
    yield from _returning(text, "b'done'")


def _returning(text: str, value: str) -> Iterator[str]:
    run = _function(text, "run")
    if run and isinstance(run.body[-1], ast.Return) and run.body[-1].value is not None and "rawhttp" not in _decorators(text):
        yield _replace(text, run.body[-1].value, value)


def no_rawhttp(text: str) -> Iterator[str]:
    run = _function(text, "run")
    if run and re.search(r"^@rawhttp\s*$", text, re.MULTILINE) and run.args.args:
        name = run.args.args[0].arg
        if re.search(rf"\b{name}\.(method|get_data|files|data|get_json|json|form|args|headers)\b", text):
            yield re.sub(r"^@rawhttp\s*\n", "", text, flags=re.MULTILINE)


def raw_misuse(text: str) -> Iterator[str]:
    run = _function(text, "run")
    if run and "rawhttp" in _decorators(text) and run.args.args:
        name, first = run.args.args[0].arg, run.body[0]
        indent = " " * first.col_offset
        for bad in (f"body = {name}.json()", f"body = {name}.body", f"body = json.loads({name})", f"body = {name}['data']"):
            yield "import json\n" + _lines(text, first.lineno, first.lineno, [indent + bad, text.splitlines()[first.lineno - 1]])


def encoded_twice(text: str) -> Iterator[str]:
    run = _function(text, "run")
    if run and isinstance(run.body[-1], ast.Return) and run.body[-1].value is not None and "AMLResponse" not in text:
        inner = _source(text, run.body[-1].value)
        if "dumps" not in inner:
            yield "import json\n" + _replace(text, run.body[-1].value, f"json.dumps({inner})")


def swallowed(text: str) -> Iterator[str]:
    run = _function(text, "run")
    if run and not any(isinstance(node, ast.Try) for node in run.body) and "rawhttp" not in _decorators(text):
        first, last = run.body[0].lineno, run.end_lineno or run.lineno
        if first == run.lineno:
            return
        indent = " " * run.body[0].col_offset
        body = [f"{indent}{line}" if line.strip() else line for line in text.splitlines()[first - 1 : last]]
        for answer in ("str(error)", "{'error': str(error)}"):
            handler = [f"{indent}except Exception as error:", f"{indent}{indent}return {answer}"]
            yield _lines(text, first, last, [f"{indent}try:", *body, *handler])


def http_tuple(text: str) -> Iterator[str]:
    run = _function(text, "run")
    if run and isinstance(run.body[-1], ast.Return) and run.body[-1].value is not None:
        yield _replace(text, run.body[-1].value, f"({_source(text, run.body[-1].value)}), 400")


def never_called(text: str) -> Iterator[str]:
    run = _function(text, "run")
    for node in ast.walk(run) if run else ():
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("tolist", "to_json", "to_dict")
        ):
            returned = {
                part.id
                for statement in ast.walk(run or node)
                if isinstance(statement, ast.Return) and statement.value
                for part in ast.walk(statement.value)
                if isinstance(part, ast.Name)
            }
            for statement in ast.walk(run or node):
                if (isinstance(statement, ast.Return) and statement.value and node in ast.walk(statement.value)) or (
                    isinstance(statement, ast.Assign)
                    and statement.value is node
                    and ast.unparse(statement.targets[0]) in returned
                ):
                    yield _replace(text, node, _source(text, node.func))


def response_dict(text: str) -> Iterator[str]:
    if "json_str=True" in text:
        yield re.sub(r",\s*json_str=True", "", text)


def output_unconverted(text: str) -> Iterator[str]:
    if "output_schema" in _decorators(text):
        yield from not_plain_data(text)


MUTATIONS: tuple[tuple[str, Mutation], ...] = (
    ("SD101", syntax),
    ("SD102", no_init),
    ("SD103", no_run),
    ("SD104", init_argument),
    ("SD105", run_without_data),
    ("SD106", run_variadic),
    ("SD107", rawhttp_and_schema),
    ("SD108", rawhttp_called),
    ("SD109", async_init),
    ("SD110", unwrapped_sample),
    ("SD111", future_dataclass),
    ("SD112", relative_import),
    ("SD114", removed_api),
    ("SD201", more_arguments),
    ("SD202", schema_name),
    ("SD203", no_global),
    ("SD204", async_run),
    ("SD205", loads_decoded),
    ("SD206", not_plain_data),
    ("SD206", returned_set),
    ("SD207", no_rawhttp),
    ("SD207", raw_misuse),
    ("SD301", encoded_twice),
    ("SD302", swallowed),
    ("SD304", http_tuple),
    ("SD305", never_called),
    ("SD306", response_dict),
    ("SD307", output_unconverted),
)
