"""The last request that ended in an error of the script's, kept so that it can be sent once more under the debugger.

In this worker's memory only, for whoever may speak to the control socket. A request that succeeds costs nothing: what is
looked at is the server's making of an error answer.
"""

from __future__ import annotations

import base64
import sys
import time
from typing import Any

from .configuration import SERVER

LONGEST = 4 << 20  # bytes of a body that is kept
# Of a connection, not of a request; whoever sends it again makes its own.
_OF_THE_CONNECTION = frozenset({"connection", "content-length", "expect", "host", "keep-alive", "transfer-encoding"})
_last: dict[str, Any] = {}


def watch() -> None:
    """Once the server's app is loaded."""
    routes: Any = sys.modules.get(SERVER + ".server.routes")
    made = getattr(routes, "ErrorResponse", None)
    if made is None:
        return  # a server that makes its answers in another way: nothing can be replayed

    def error_response(status: int, *rest: Any, **more: Any) -> Any:
        if status >= 500:
            _remember(routes.request)
        return made(status, *rest, **more)

    routes.ErrorResponse = error_response


def answer(worker: Any, message: dict[str, Any]) -> dict[str, Any]:
    """``failed`` of PROTOCOL.md."""
    if not _last:
        return {"ok": True, "request": None}
    return {"ok": True, "request": {**_last, "body": base64.b64encode(_last["body"]).decode()}}


def _remember(request: Any) -> None:
    try:
        length = request.content_length or 0
        body = request.get_data() if length <= LONGEST else b""
        _last.update(
            at=time.time(),
            method=request.method,
            path=request.path,
            query=request.query_string.decode("latin-1"),
            headers=[[name, value] for name, value in request.headers if name.lower() not in _OF_THE_CONNECTION],
            body=body,
            # A script that reads the stream by itself leaves nothing for anybody else.
            whole=len(body) >= length,
        )
    except Exception:  # whatever it is: the answer that the server is about to give matters more
        _last.clear()
