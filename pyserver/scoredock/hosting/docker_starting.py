"""Waiting for a service in a container to come up."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Literal

from scoredock.engine import containers, logs
from scoredock.engine.background import beside
from scoredock.engine.connection import Connection
from scoredock.engine.values import Container, ContainerGone
from scoredock.hosting import docker_control, docker_failure, probes
from scoredock.hosting.docker_record import Record
from scoredock.hosting.values import ServiceProblem
from scoredock.l10n import t
from scoredock.progress import Progress, Step

Outcome = Literal["ready", "waiting"]


async def until_ready(connection: Connection, container: Container, record: Record, port: int, progress: Progress) -> Outcome:
    """Wait until the service answers, or waits for a debugger, showing its log meanwhile.

    Raises ScriptCrashed (SD501, or SD504 past the liveness probe's patience), ServiceProblem when it is not the
    script's fault.
    """
    progress(Step(t("Starting the service")))
    began = time.monotonic()
    ending = asyncio.ensure_future(beside(lambda job: containers.wait(connection, container.id, job)))
    telling = asyncio.ensure_future(_told(connection, container, record))
    shown = [0]  # how many lines were
    showing = asyncio.ensure_future(_show(connection, container, progress, shown, follow=True))
    try:
        await asyncio.wait({ending, telling}, timeout=record.patience, return_when=asyncio.FIRST_COMPLETED)
        if not telling.done():
            if not ending.done():
                failure = {"phase": "init", "deadline": time.monotonic() - began}
                raise docker_failure.crashed(failure, record, "", await docker_failure.log_text(connection, container))
            raise await docker_failure.why_it_ended(connection, await _now(connection, container), record)
        outcome = telling.result()
    finally:
        for task in (ending, telling, showing):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, ContainerGone):
                await task
    await _show(connection, container, progress, shown, follow=False)
    if outcome == "ready" and not await probes.answers(port, 10.0):
        raise ServiceProblem(
            t("The service is up but does not answer its health probe."),
            t("See its log."),
            details=await docker_failure.log_text(connection, container),
        )
    return outcome


async def _told(connection: Connection, container: Container, record: Record) -> Outcome:
    """Until its arbiter says so. Never returns when the container ends before."""
    while True:
        with contextlib.suppress(ContainerGone, OSError):
            async with docker_control.connected(connection, container, record) as line:
                await line.send({"command": "watch"})
                while (message := await line.receive()) is not None:
                    # A service that takes another's place is ready only when it has done so: the event says it.
                    if message.get("event") == "ready" or message.get("state") in ("healthy", "busy"):
                        return "ready"
                    if message.get("event") == "waiting" or message.get("state") == "held":
                        return "waiting"
        await asyncio.sleep(0.05)  # the socket is not made yet, or the container has just ended


async def _show(connection: Connection, container: Container, progress: Progress, shown: list[int], *, follow: bool) -> None:
    """Report what the log says, once each line. (Counted: Podman's times of lines are whole seconds.)"""
    seen = 0
    async for batch in logs.lines(connection, container.id, follow=follow):
        for _, text in batch:
            seen += 1
            if seen > shown[0]:
                shown[0] = seen
                progress(Step(t("Starting the service"), text))


async def _now(connection: Connection, container: Container) -> Container:
    return await beside(lambda _: containers.inspect(connection, container.id))
