"""Names that no model needs, and that would act when the file is loaded (SD409).

The standard library is judged by what is known to be harmless, since everything else in it can be chained into running
a program; of other packages only the well-known doors are listed, because a model may need any class of any package.
"""

from __future__ import annotations

import sys
from typing import Any

from scoredock.l10n import deferred, t
from scoredock.models.reading.stubs import Made, Name
from scoredock.models.values import Suspicious

# Modules of the standard library whose classes are plain data or plain functions of data.
HARMLESS = frozenset({
    "__future__", "_codecs", "_collections", "_collections_abc", "_decimal", "_io", "_operator", "_random", "_struct",
    "_thread", "_weakrefset", "abc", "argparse", "array", "bisect", "calendar", "cmath", "collections", "contextvars",
    "copy", "copyreg", "dataclasses", "datetime", "decimal", "enum", "fractions", "functools", "hashlib", "heapq",
    "inspect", "ipaddress", "itertools", "logging", "math", "numbers", "operator", "pathlib", "queue", "random", "re",
    "secrets", "statistics", "string", "struct", "textwrap", "threading", "time", "types", "typing", "unicodedata",
    "uuid", "warnings", "weakref", "zoneinfo", "_strptime", "pathlib._local", "re._compiler",
})  # fmt: skip
# Inside harmless modules, what reaches further than data.
SHARP = frozenset({
    "logging.config", "logging.handlers", "logging.FileHandler", "inspect.getattr_static", "pathlib.os", "random._os",
    "typing.sys", "threading.Thread", "threading.Timer", "threading._start_new_thread", "_thread.start_new_thread",
    "_thread.start_new", "_io.open", "_io.FileIO", "_io.open_code", "types.FunctionType", "types.CodeType",
    "operator.attrgetter", "operator.methodcaller", "_operator.attrgetter", "_operator.methodcaller",
    "typing.get_type_hints", "typing.ForwardRef", "argparse.FileType", "dataclasses.make_dataclass", "inspect.getmembers",
    "functools._os", "hashlib.file_digest", "copyreg.__import__",
})  # fmt: skip
BUILTINS = frozenset({
    "object", "type", "int", "float", "complex", "bool", "str", "bytes", "bytearray", "list", "tuple", "dict", "set",
    "frozenset", "slice", "range", "xrange", "long", "unicode", "getattr", "property", "staticmethod", "classmethod",
    "super", "len", "abs", "min", "max", "sum", "round", "sorted", "reversed", "enumerate", "zip", "map", "filter", "any",
    "all", "iter", "next", "isinstance", "issubclass", "hash", "id", "repr", "print", "NotImplemented", "Ellipsis",
    "divmod", "pow", "chr", "ord", "memoryview", "callable", "format",
})  # fmt: skip


def _by_name(table: dict[str, str]) -> dict[str, str]:
    """Name -> why, of a table that says for each reason whose it is."""
    return {name: why for why, names in table.items() for name in names.split()}


OTHERS = _by_name({
    deferred("runs text as a program"): "numpy.testing IPython",
    deferred("compiles and runs programs"): "numpy.f2py torch.utils.cpp_extension torch._inductor",
    deferred("starts programs"): "numpy.distutils setuptools pydoc",
    deferred("unpickles another file"): (
        "numpy.load joblib.load joblib.numpy_pickle.load pandas.read_pickle pandas.io.pickle.read_pickle torch.load "
        "torch.serialization.load dill.load dill._dill.load cloudpickle.load cloudpickle.cloudpickle.load"
    ),
    deferred("fetches and runs programs"): "torch.hub",
    deferred("runs what another machine sends"): "torch.distributed.rpc",
    deferred("unpickles bytes inside the file"): "dill.loads dill._dill.loads cloudpickle.loads cloudpickle.cloudpickle.loads",
    deferred("reaches the network"): "requests httpx aiohttp urllib3 paramiko",
    deferred("installs programs"): "pip",
})  # fmt: skip
WHY = _by_name({
    deferred("starts programs and changes files"): "os posix nt",
    deferred("starts programs"): "subprocess pty popen2 commands multiprocessing asyncio",
    deferred("reaches the network"): "socket ssl urllib http ftplib smtplib",
    deferred("changes files"): "shutil tempfile",
    deferred("opens files"): "io",
    deferred("reaches every loaded module"): "sys",
    deferred("imports any module"): "importlib",
    deferred("runs files as programs"): "runpy",
    deferred("runs text as a program"): "code codeop timeit",
    deferred("runs machine code"): "ctypes",
    deferred("unpickles bytes inside the file"): "pickle _pickle",
    deferred("makes program code from bytes"): "marshal",
    deferred("opens pages in a browser"): "webbrowser",
})  # fmt: skip
GONE = frozenset(
    {
        "popen2",
        "commands",
        "imp",
        "distutils",
        "asyncore",
        "asynchat",
        "smtpd",
        "posix",
        "nt",
        "cgi",
        "pipes",
        "telnetlib",
        "nntplib",
    }
)
DOORS = frozenset(
    {"os", "sys", "subprocess", "posix", "builtins", "__builtins__", "importlib", "shutil", "socket", "ctypes", "pickle"}
)
VERBS = frozenset(
    {"system", "popen", "exec", "eval", "execv", "execve", "spawn", "fork", "__import__", "import_module", "compile", "run_path"}
)


def reason(name: Name) -> str | None:
    """Why this name does not belong into a model; ``None`` when it may."""
    module, parts = name.module, name.name.split(".")
    root = module.split(".")[0]
    full = f"{module}.{name.name}"
    if root in {"builtins", "__builtin__"}:
        if parts[0] in BUILTINS and len(parts) == 1:
            return None
        if parts[0].endswith(("Error", "Exception", "Warning")) and len(parts) == 1:
            return None
        if parts[0] in {"eval", "exec", "compile"}:
            return t("runs text as a program")
        return t("opens files") if parts[0] in {"open", "file"} else t("reaches beyond the model")
    if len(parts) > 1 and (DOORS & set(parts[:-1]) or parts[-1] in VERBS):
        return t("reaches another module through a chain of names")
    for known in _prefixes(full):
        if known in SHARP:
            return t("reaches beyond the model")
        if known in OTHERS:
            return t(OTHERS[known])
    if root in sys.stdlib_module_names or root in GONE:
        harmless = module in HARMLESS or root in HARMLESS
        if harmless and parts[0] not in DOORS:
            return None
        return t(WHY[root]) if root in WHY else t("belongs to the standard library, but to no model")
    if parts[-1] in DOORS and parts[-1] not in {"code"}:
        return t("reaches another module through a chain of names")
    return None


def _prefixes(full: str) -> list[str]:
    parts = full.split(".")
    return [".".join(parts[:n]) for n in range(1, len(parts) + 1)]


def reason_of_call(maker: Name, arguments: tuple[Any, ...]) -> tuple[str, str] | None:
    """For calls that matter by their arguments: the name to show, and why."""
    if maker.name == "getattr" and maker.module in {"builtins", "__builtin__"}:
        if len(arguments) < 2 or not isinstance(arguments[1], str):
            return "getattr", t("takes an attribute whose name is put together while loading")
        owner, attribute = arguments[0], arguments[1]
        plain = {"__new__", "__init__", "__getitem__", "__call__", "__class__", "__doc__", "__name__"}
        if attribute in VERBS | DOORS or (attribute.startswith("__") and attribute not in plain):
            text = owner if isinstance(owner, Name) else owner.class_name if isinstance(owner, Made) else "…"
            return f"getattr({text}, {attribute!r})", t("reaches beyond the model")
    if maker.name == "subimport" and arguments and isinstance(arguments[0], str):
        why = reason(Name(arguments[0], "*"))
        # cloudpickle writes `import os` of a function this way. It imports; whether it acts is up to the function.
        return (
            None
            if why is None or arguments[0].split(".")[0] in {"os", "sys", "io", "tempfile", "shutil"}
            else (arguments[0], why)
        )
    return None


def suspicious_names(names: dict[Name, bool], calls: list[tuple[Name, tuple[Any, ...]]], inside: str = "") -> list[Suspicious]:
    found = [Suspicious(str(name), why, called, inside) for name, called in names.items() if (why := reason(name)) is not None]
    for maker, arguments in calls:
        told = reason_of_call(maker, arguments)
        if told is not None:
            found.append(Suspicious(told[0], told[1], True, inside))
    return found
