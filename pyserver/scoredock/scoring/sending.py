"""Send one request to a service and wait for its answer, without blocking and without copies of large bodies."""

from __future__ import annotations

import asyncio
import mimetypes
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING

from scoredock.l10n import t
from scoredock.scoring.values import Answer, NoAnswer, Request, ScoringProblem

if TYPE_CHECKING:
    from scoredock.scoring.connection import Cuttable

__all__ = ["Answer", "Request", "content_type_of", "send", "send_blocking"]

RUN_TIME, RUN_FAILED = "x-ms-run-fn-exec-ms", "x-ms-run-function-failed"


async def send(uri: str, request: Request) -> Answer:
    """Send a request; cancelling ends it at once and closes its connection. Raises `ScoringProblem`."""
    from scoredock.scoring.connection import Cuttable

    with Cuttable() as connection:
        sending = asyncio.create_task(asyncio.to_thread(send_blocking, uri, request, connection))
        # Nobody asks what became of a request that was cut; who cancels twice (the end of a session) does not even wait for it.
        sending.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            return await asyncio.shield(sending)
        except asyncio.CancelledError:
            connection.cut()
            await asyncio.wait([sending])  # the thread ends as its socket is cut; nothing of it is left behind
            raise


def send_blocking(uri: str, request: Request, connection: Cuttable) -> Answer:
    """Send a request in this thread."""
    import requests

    if isinstance(request.body, Path):
        try:
            with request.body.open("rb") as stream:
                return _send(uri, request, connection, stream)
        except requests.RequestException:
            raise
        except OSError as error:
            raise ScoringProblem(
                t("{0} cannot be read: {1}.", request.body, error.strerror or error), t("Name another file.")
            ) from error
    return _send(uri, request, connection, request.body)


def _send(uri: str, request: Request, connection: Cuttable, body: bytes | IO[bytes] | None) -> Answer:
    import requests

    headers = dict(request.headers)
    if request.body is not None and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = request.content_type or content_type_of(request.body)
    started = time.perf_counter()
    try:
        response = connection.session.request(
            request.method,
            uri,
            params=list(request.query),
            data=body,
            headers=headers,
            timeout=request.timeout,
            allow_redirects=False,
        )
    except requests.Timeout as error:
        raise NoAnswer(
            t("No answer came within {0} s.", f"{request.timeout:g}"),
            t("See the service's log, or give it more time with --timeout."),
        ) from error
    except requests.ConnectionError as error:
        raise _broken(uri, error) from error
    except requests.RequestException as error:
        raise ScoringProblem(t("The request cannot be sent: {0}.", error), t("Correct the address or the headers.")) from error
    return Answer(
        status=response.status_code,
        body=response.content,
        seconds=time.perf_counter() - started,
        headers=tuple(response.headers.items()),
        server_seconds=_milliseconds(response.headers.get(RUN_TIME)),
        run_failed={"true": True, "false": False}.get(response.headers.get(RUN_FAILED, "").lower()),
    )


def _broken(uri: str, error: Exception) -> ScoringProblem:
    causes, cause = "", error.__context__
    while cause is not None:
        causes += f" {type(cause).__name__}"
        cause = cause.__context__
    if "NewConnectionError" in causes or "ConnectionRefusedError" in causes:
        return ScoringProblem(
            t("Nothing answers at {0}.", uri), t("Start the service, or look for its address with 'scoredock list'.")
        )
    return NoAnswer(
        t("The service closed the connection without an answer: its worker ended while it was in run()."),
        t("The service's log says why ('scoredock logs NAME')."),
    )


def _milliseconds(text: str | None) -> float | None:
    try:
        return float(text) / 1000 if text else None
    except ValueError:
        return None


def content_type_of(body: bytes | Path) -> str:
    """What to call a body that nobody has named: the type of the file by its name, JSON for everything else."""
    if isinstance(body, Path):
        return mimetypes.guess_type(body.name)[0] or "application/octet-stream"
    return "application/json"
