"""The request that failed last, as whoever it was has sent it: for sending it once more under the debugger."""

from __future__ import annotations

import base64
from typing import Any, cast
from urllib.parse import parse_qsl

from scoredock.hosting import services
from scoredock.l10n import t
from scoredock.scoring.values import Request, ScoringProblem


async def last_failed(name: str) -> Request:
    """The last request to a running service that its script failed at. Raises ScoringProblem when it is not to be had."""
    answer = await services.control(name, {"command": "failed"})
    workers = cast("list[dict[str, Any]]", answer.get("workers") or [])
    known = [worker["request"] for worker in workers if worker.get("request")]
    if not known:
        raise ScoringProblem(
            t("No failed request of '{0}' is kept: none has failed since its last update.", name),
            t("Send it again, or score a sample."),
        )
    newest = max(known, key=lambda request: request["at"])
    if not newest["whole"]:
        raise ScoringProblem(
            t("The body of the request that failed is not kept: it is longer than 4 MB, or run() has read it as a stream."),
            t("Send it again, or score a sample."),
        )
    return Request(
        body=base64.b64decode(newest["body"]),
        method=newest["method"],
        headers=tuple((header, value) for header, value in newest["headers"]),
        query=tuple(parse_qsl(newest["query"], keep_blank_values=True)),
    )
