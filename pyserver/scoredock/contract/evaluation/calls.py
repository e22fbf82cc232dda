"""What calls of library functions and of methods give."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from scoredock.contract.evaluation.library import (
    ARRAY,
    BUILTIN_TYPES,
    CALLS,
    ELEMENTWISE,
    ESTIMATOR_PACKAGES,
    FRAME,
    GUESSED,
    MODEL,
    PARAMETER_TYPES,
    RESPONSE,
    SCHEMA_DECORATORS,
)
from scoredock.contract.evaluation.methods import DICT, JSON_TEXT, LIST, call_method
from scoredock.contract.evaluation.model_paths import joined, of_call
from scoredock.contract.evaluation.values import (
    ANY,
    NONE,
    STR,
    Constant,
    Function,
    Mapping,
    Method,
    ModelPath,
    Object,
    OneOf,
    ParameterType,
    Reference,
    Schema,
    Sequence,
    Value,
    Wrapper,
    element_of,
    join,
    tagged,
    type_of,
)

if TYPE_CHECKING:
    from scoredock.contract.evaluation.machine import Machine

NEVER = Object("never")
# Arguments with which pandas' readers give something else than a frame.
_UNUSUAL = frozenset({"chunksize", "iterator", "typ", "**"})
_ENDING = frozenset({"sys.exit", "os._exit", "os.abort", "builtins.exit", "builtins.quit"})


def call_library(machine: Machine, name: str, arguments: list[Value], keywords: dict[str, Value], node: ast.Call | None) -> Value:
    """What a call of a library's function or class gives, by its dotted name."""
    if name == "builtins.str" and arguments and isinstance(arguments[0], ModelPath):
        return ModelPath(arguments[0].parts, node=arguments[0].node)
    if name.startswith("builtins."):
        return _builtin(machine, name[9:], arguments, keywords)
    below_models = of_call(name, arguments, node)
    if below_models is not None:
        return below_models
    if name in _ENDING:
        return NEVER
    if name in RESPONSE:
        return Object("AMLResponse")
    if name == "functools.wraps" and arguments:
        return Wrapper(arguments[0])
    if name == "functools.partial":
        return ANY
    if name in SCHEMA_DECORATORS and node is not None:
        return _schema(SCHEMA_DECORATORS[name], arguments, keywords, node)
    last = name.rpartition(".")[2]
    if last in PARAMETER_TYPES and name.startswith("inference_schema.") and node is not None:
        sample = arguments[0] if arguments else keywords.get("sample_input", ANY)
        return ParameterType(PARAMETER_TYPES[last], sample, node)
    if name in ("numpy.argmax", "numpy.argmin") and (len(arguments) > 1 or "axis" in keywords):
        # `axis=None` is rare; with an axis a one-dimensional argument still gives a scalar, which JSON does not take either.
        return Object(ARRAY)
    if name in ("json.dumps", "simplejson.dumps", "ujson.dumps", "orjson.dumps"):
        if name.startswith("orjson"):
            return Object("bytes")
        error = any(_mentions_error(value) for value in arguments)
        return Object("str", tags=frozenset({"json", "error"})) if error else JSON_TEXT
    if name.startswith("numpy.random."):
        # Without a size a single number.
        sized = "size" in keywords or (bool(arguments) and last in ("rand", "randn", "random", "random_sample"))
        return Object(ARRAY) if sized else ANY
    if name == "pandas.concat":
        return _concatenated(arguments, keywords)
    if name.startswith("pandas.read_") and not _UNUSUAL.isdisjoint(keywords):
        return ANY
    if name == "pandas.to_datetime" and arguments and type_of(arguments[0]) != "str":
        return ANY
    if name.startswith("numpy.") and last in ELEMENTWISE:
        kinds = {type_of(value) for value in arguments}
        arrays = [value for value in arguments if type_of(value) == ARRAY]
        return arrays[0] if arrays else Object("pandas.Series") if "pandas.Series" in kinds else ANY
    if name.startswith(ESTIMATOR_PACKAGES) and last[:1].isupper():
        return Object(MODEL)
    found = CALLS.get(name)
    if found is None:
        return ANY
    if found == GUESSED:
        return Object(GUESSED, sure=machine.trusts_pickles(name))
    if found == "str" and any(tagged(value, "error") for value in arguments):
        return Object("str", tags=frozenset({"error"}))
    return Object("str", tags=frozenset({"error"})) if name == "traceback.format_exc" else Object(found)


def _concatenated(arguments: list[Value], keywords: dict[str, Value]) -> Value:
    kind = type_of(element_of(arguments[0])) if arguments else None
    if kind == "pandas.Series":
        return Object("pandas.DataFrame" if "axis" in keywords or len(arguments) > 1 else kind)
    return Object(kind) if kind == "pandas.DataFrame" else ANY


def _mentions_error(value: Value) -> bool:
    if isinstance(value, OneOf):
        return any(_mentions_error(option) for option in value.options)
    if isinstance(value, Mapping):
        return any(_mentions_error(item) for _, item in value.items)
    if isinstance(value, Sequence) and value.items is not None:
        return any(_mentions_error(item) for item in value.items)
    return tagged(value, "error")


def _schema(kind: str, arguments: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    def given(position: int, name: str, default: Value) -> Value:
        return arguments[position] if position < len(arguments) else keywords.get(name, default)

    if any(isinstance(part, ast.Starred) for part in node.args) or "**" in keywords:
        return ANY
    if kind == "output":
        return Schema(kind, ANY, given(0, "output_type", ANY), converts=False, optional=False, node=node)
    converts, optional = (
        given(2, "convert_to_provided_type", Constant(True, "bool")),
        given(3, "optional", Constant(False, "bool")),
    )
    return Schema(
        kind,
        given(0, "param_name", ANY),
        given(1, "param_type", ANY),
        # Only a plain True (the default) is taken to convert, only a plain False to demand.
        converts=isinstance(converts, Constant) and converts.value is True,
        optional=not (isinstance(optional, Constant) and optional.value is False),
        node=node,
    )


def _builtin(machine: Machine, name: str, arguments: list[Value], keywords: dict[str, Value]) -> Value:
    first = arguments[0] if arguments else None
    if name in ("str", "repr", "format") and first is not None:
        if tagged(first, "error"):
            return Object("str", tags=frozenset({"error"}))
        # The text of a method that was never called is what SD305 looks for.
        return Object("str", tags=frozenset({"method"})) if isinstance(first, Method) else STR
    if name in ("list", "tuple", "sorted", "set", "frozenset"):
        kind = {"sorted": "list", "frozenset": "set"}.get(name, name)
        if first is None:
            return Sequence(kind, ())
        if isinstance(first, Sequence):
            return Sequence(kind, first.items if name != "sorted" else None, element_of(first))
        return Sequence(kind, None, element_of(first))
    if name == "dict":
        if "**" in keywords or (first is not None and not isinstance(first, Mapping)):
            return Mapping((), ANY)
        items = first.items if isinstance(first, Mapping) else ()
        rest = first.rest if isinstance(first, Mapping) else None
        return Mapping((*items, *((Constant(key, "str"), value) for key, value in keywords.items())), rest)
    if name == "getattr":
        from scoredock.contract.evaluation.accesses import attribute_of

        if len(arguments) == 2 and isinstance(arguments[1], Constant) and isinstance(arguments[1].value, str):
            return attribute_of(machine, arguments[0], arguments[1].value)
        return ANY
    if name in ("max", "min", "next", "round", "abs", "sum", "pow", "divmod", "type", "super", "eval", "vars"):
        return ANY
    if name in ("exit", "quit"):
        return NEVER
    if name.endswith(("Error", "Exception", "Warning", "Exit", "Interrupt")):
        return Object("exception")
    if name in BUILTIN_TYPES:
        return NONE if name == "print" else Object(BUILTIN_TYPES[name])
    return ANY


def call_method_of(machine: Machine, method: Method, arguments: list[Value], keywords: dict[str, Value]) -> Value:
    """What calling a method of something known gives."""
    receiver, name = method.receiver, method.name
    if isinstance(receiver, ModelPath):
        if name in ("joinpath", "resolve", "absolute", "as_posix", "expanduser"):
            return joined(receiver, arguments, receiver.node, pure=name != "as_posix") or ANY
        return ANY
    if isinstance(receiver, OneOf):
        return join(*(call_method_of(machine, Method(option, name), arguments, keywords) for option in receiver.options))
    if isinstance(receiver, Mapping):
        return _of_dict(receiver, name, arguments)
    if isinstance(receiver, Object) and receiver.type == "flask.Request" and name == "get_data":
        return STR if "as_text" in keywords else Object("bytes")
    if type_of(receiver) == ARRAY and name in ("argmax", "argmin") and not arguments and "axis" not in keywords:
        return Object("numpy.int64", isinstance(receiver, Object) and receiver.sure)
    if type_of(receiver) == ARRAY and name in ("argmax", "argmin"):
        return Object(ARRAY, isinstance(receiver, Object) and receiver.sure)
    if type_of(receiver) in (MODEL, GUESSED) and len(arguments) != 1 and "X" not in keywords and "data" not in keywords:
        return ANY  # scikit-learn's take the rows and nothing else by position
    if name == "to_dict" and type_of(receiver) == FRAME:
        orient = arguments[0] if arguments else keywords.get("orient", Constant("dict", "str"))
        if not isinstance(orient, Constant) or "**" in keywords or "into" in keywords:
            return ANY
        return LIST if orient.value in ("records", "r") else DICT
    if name == "to_json" and (arguments or "path_or_buf" in keywords):
        return NONE  # written to a file
    if name == "to_csv" and (arguments or "path_or_buf" in keywords):
        return NONE
    if isinstance(receiver, Object) and receiver.type == "keras.Model" and name in ("__call__", "call"):
        return Object("tensorflow.Tensor")
    if name == "format" and type_of(receiver) == "str":
        values = (*arguments, *keywords.values())
        return Object("str", tags=frozenset({"error"})) if any(tagged(value, "error") for value in values) else STR
    if isinstance(receiver, Sequence) and receiver.type == "list" and name == "pop":
        return element_of(receiver)
    return call_method(receiver, name)


def _of_dict(receiver: Mapping, name: str, arguments: list[Value]) -> Value:
    from scoredock.contract.evaluation.accesses import item_of

    if name in ("get", "pop", "setdefault") and arguments:
        found = item_of(receiver, arguments[0], False)
        return join(found, arguments[1]) if len(arguments) > 1 else found
    if name == "copy":
        return receiver
    return call_method(receiver, name)


__all__ = ["Function", "Reference", "call_library", "call_method_of"]
