"""Where the user's ``run`` begins, for a breakpoint there."""

from __future__ import annotations

import dis
import inspect
import sys
from typing import Any


def answer(worker: Any, message: dict[str, Any]) -> dict[str, Any]:
    """``locate`` of PROTOCOL.md."""
    return {"ok": True, "run": _first_line_of_run()}


def _first_line_of_run() -> dict[str, Any] | None:
    """Where the user's ``run`` begins, as its compiled code says: decorators, imports and lambdas are no riddle to it."""
    routes: Any = sys.modules.get("azureml_inference_server_http.server.routes")
    script = getattr(getattr(routes, "main_blueprint", None), "user_script", None)
    function = getattr(script, "_user_run", None)
    try:
        function = inspect.unwrap(function)  # type: ignore[arg-type]
    except ValueError:
        return None
    if not inspect.isroutine(function) and callable(function):
        function = function.__call__  # an object of the user's own class
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    if code is None:
        return None
    lines = [line for _, line in dis.findlinestarts(code) if line and line != code.co_firstlineno]
    return {"path": code.co_filename, "line": lines[0] if lines else code.co_firstlineno}
