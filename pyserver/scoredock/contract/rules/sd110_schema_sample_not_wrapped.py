"""A schema whose sample is not of the kind that its type wants."""

from __future__ import annotations

from collections.abc import Iterator

from scoredock.contract.evaluation.library import PARAMETER_TYPES, SCHEMA_DECORATORS
from scoredock.contract.evaluation.machine import Call
from scoredock.contract.evaluation.values import (
    ANY,
    NONE,
    Class,
    Constant,
    Function,
    Instance,
    Mapping,
    Object,
    OneOf,
    ParameterType,
    Reference,
    Schema,
    Sequence,
    Value,
    options,
    type_of,
)
from scoredock.contract.rule import Rule
from scoredock.contract.script import Script
from scoredock.finding import Edit, Finding, Fix, Severity
from scoredock.l10n import deferred, t

RULE = Rule("SD110", "schema-sample-not-wrapped")

# The type that wraps a raw sample, and the module that has it.
WRAPPERS = {
    "numpy.ndarray": ("NumpyParameterType", "numpy_parameter_type"),
    "pandas.DataFrame": ("PandasParameterType", "pandas_parameter_type"),
    "dict": ("StandardPythonParameterType", "standard_py_parameter_type"),
    "list": ("StandardPythonParameterType", "standard_py_parameter_type"),
    "str": ("StandardPythonParameterType", "standard_py_parameter_type"),
    "int": ("StandardPythonParameterType", "standard_py_parameter_type"),
    "float": ("StandardPythonParameterType", "standard_py_parameter_type"),
}
WANTED = {
    "numpy": ("numpy.ndarray", deferred("a NumPy array (`np.array(…)`)")),
    "pandas": ("pandas.DataFrame", deferred("a DataFrame (`pd.DataFrame(…)`)")),
}
EXIT = deferred("the import fails and the server will not start (exit 3).")


def check(script: Script) -> Iterator[Finding]:
    if not script.entry.online:
        return
    for call in script.notes.calls:
        if call.phase != "import" or not isinstance(call.callee, Reference):
            continue
        name = call.callee.name
        if name in SCHEMA_DECORATORS:
            yield from _decorator(script, call, SCHEMA_DECORATORS[name])
        elif name.startswith("inference_schema.") and name.rpartition(".")[2] in PARAMETER_TYPES:
            yield from _parameter_type(script, call, PARAMETER_TYPES[name.rpartition(".")[2]])
    for run in script.entry.runs or ():
        outputs = [schema for schema in run.schemas if schema.kind == "output"]
        for schema in outputs[:-1]:
            yield RULE.finding(script, script.text.place(schema.node), t("`run` has two output schemas: {0} Keep one.", t(EXIT)))


def _decorator(script: Script, call: Call, kind: str) -> Iterator[Finding]:
    position, keyword = (1, "param_type") if kind == "input" else (0, "output_type")
    if "**" in call.keywords:
        return
    given = call.arguments[position] if position < len(call.arguments) else call.keywords.get(keyword)
    place = script.text.place(call.node)
    if given is None:
        if len(call.node.args) <= position and not any(not one.arg for one in call.node.keywords):
            yield RULE.finding(script, place, t("`{0}_schema` has no parameter type: {1} Give one.", kind, t(EXIT)))
        return
    if isinstance(given, ParameterType) or given == ANY:
        return
    if isinstance(given, Reference):
        if given.name.rpartition(".")[2] in PARAMETER_TYPES:
            yield RULE.finding(
                script, place, t("The parameter type is the class itself, without a sample: {0} Call it with one.", t(EXIT))
            )
        return
    # On one of several paths, a `None` is only what stood there before.
    raw = [option for option in options(given) if type_of(option) is not None and option != NONE]
    if isinstance(given, (Instance, Class, Schema)) or (isinstance(given, OneOf) and not raw):
        return
    node = call.node.args[position] if position < len(call.node.args) else None
    if node is None:
        node = next(one.value for one in call.node.keywords if one.arg == keyword)
    fix = None
    wrapper = WRAPPERS.get(type_of(raw[0] if raw else given) or "")
    if wrapper is not None and not isinstance(given, OneOf) and wrapper[0] in script.names.module.bindings:
        around = script.text.place(node)
        fix = Fix(t("Wrap in {0}", wrapper[0]), (Edit(around, f"{wrapper[0]}({script.text.cut(around)})"),))
    if isinstance(given, OneOf):
        wants = t("`{0}_schema` wants a ParameterType, not the raw sample, which this may be: then {1}", kind, t(EXIT))
    else:
        wants = t("`{0}_schema` wants a ParameterType, not the raw sample: {1}", kind, t(EXIT))
    todo = t("Wrap it in `{0}(…)`.", wrapper[0]) if wrapper else t("Wrap it.")
    yield RULE.finding(
        script,
        script.text.place(node),
        f"{wants} {todo}",
        severity=Severity.WARNING if isinstance(given, OneOf) else Severity.ERROR,
        fix=fix,
    )


def _parameter_type(script: Script, call: Call, kind: str) -> Iterator[Finding]:
    sample = call.arguments[0] if call.arguments else call.keywords.get("sample_input")
    if "**" in call.keywords or (call.node.args and sample is None):
        return
    if sample is None:
        yield RULE.finding(script, script.text.place(call.node), t("There is no sample: {0} Give one.", t(EXIT)))
        return
    reasons = [_unfit(kind, option) for option in options(sample) if option != NONE or not isinstance(sample, OneOf)]
    why = next((reason for reason in reasons if reason is not None), None)
    if why is None:
        return
    node = call.node.args[0] if call.node.args else call.node.keywords[0].value
    yield RULE.finding(
        script,
        script.text.place(node),
        f"{why}: {t(EXIT)}" if all(reasons) else t("{0}, which this may not be: then {1}", why, t(EXIT)),
        severity=Severity.ERROR if all(reasons) else Severity.WARNING,
        fix=_made(script, kind, sample, call),
    )


def _unfit(kind: str, sample: Value) -> str | None:
    """Why inference-schema rejects a sample, or None."""
    found = type_of(sample)
    if kind in WANTED:
        type_name, wanted = WANTED[kind]
        if isinstance(sample, Object) and not sample.sure:
            return None
        if found is not None and found != type_name and found not in ("loaded", "estimator"):
            return t("The sample must be {0}", t(wanted))
        return None
    if kind != "standard":
        return None
    if isinstance(sample, Constant) and sample.value is None:
        return t("The sample may not be None, but a value such as requests bring")
    if found in ("numpy.ndarray", "pandas.DataFrame", "pandas.Series", "set", "numpy.int64", "torch.Tensor"):
        return t("The sample must be plain JSON data; arrays and frames have parameter types of their own")
    if isinstance(sample, (Class, Function)):
        return t("The sample must be a value, not a class or a function")
    if isinstance(sample, Mapping):
        return next((why for _, value in sample.items if (why := _unfit(kind, value)) is not None), None)
    if isinstance(sample, Sequence) and sample.items is not None:
        return next((why for value in sample.items[:1] if (why := _unfit(kind, value)) is not None), None)
    return None


def _made(script: Script, kind: str, sample: Value, call: Call) -> Fix | None:
    """`[[1, 2]]` -> `np.array([[1, 2]])`, when the script has NumPy (or pandas) under a name."""
    maker = {"numpy": ("numpy", "array"), "pandas": ("pandas", "DataFrame")}.get(kind)
    if maker is None or type_of(sample) not in ("list", "tuple", "dict") or not call.node.args:
        return None
    for bound, value in script.machine.frame.names.items():
        if isinstance(value, Reference) and value.name == maker[0]:
            around = script.text.place(call.node.args[0])
            made = f"{bound}.{maker[1]}({script.text.cut(around)})"
            return Fix(t("Make it with `{0}.{1}`", bound, maker[1]), (Edit(around, made),))
    return None
