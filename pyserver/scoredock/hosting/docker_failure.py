"""Why a service in a container does not run, in one sentence and at the user's line."""

from __future__ import annotations

import json
from typing import Any

from scoredock.engine import containers, logs
from scoredock.engine.background import beside
from scoredock.engine.connection import Connection
from scoredock.engine.values import Container, ContainerGone
from scoredock.hosting import crash
from scoredock.hosting.docker_layout import paths_of
from scoredock.hosting.docker_record import Record, container_name
from scoredock.hosting.values import ScriptCrashed, ServiceProblem, State
from scoredock.l10n import t

LOG_LINES = 20  # of the log, shown with a failure


def own_paths(record: Record) -> crash.Paths:
    from pathlib import Path

    return paths_of(Path(record.code), Path(record.entry_script), record.mounted_files())


async def failure_of(connection: Connection, container: Container, record: Record) -> dict[str, Any] | None:
    """What the arbiter noted when user code brought the service down."""
    text = await beside(lambda _: containers.read_file(connection, container.id, record.failure))
    try:
        content = json.loads(text) if text else None
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


async def log_text(connection: Connection, container: Container) -> str:
    """The last lines of its log."""
    try:
        return "\n".join([text async for batch in logs.lines(connection, container.id, last=LOG_LINES) for _, text in batch])
    except ContainerGone:
        return ""


def crashed(failure: dict[str, Any], record: Record, todo: str, log: str = "") -> ScriptCrashed:
    """The error for user code that does not come up."""
    findings = crash.findings_of(failure, own_paths(record), log.splitlines())
    return ScriptCrashed(findings[0].message, todo, findings=findings, details=str(failure.get("traceback") or "") or log)


async def why_it_ended(connection: Connection, container: Container, record: Record) -> ServiceProblem:
    """The error for a service whose container has ended while it should have started."""
    log = await log_text(connection, container)
    failure = await failure_of(connection, container, record)
    if failure is not None and failure.get("phase") != "server":
        return crashed(failure, record, t("Mend it and deploy again."), log)
    if "No module named 'azureml_inference_server_http'" in log:
        return ServiceProblem(
            t("The environment has no inference server."), t("Add azureml-inference-server-http to its pip section."), details=log
        )
    _, reason = await ended(connection, container, record)
    return ServiceProblem(
        t("'{0}' could not be started: {1}", record.name, reason), t("The last lines of its log may say more."), details=log
    )


async def ended(connection: Connection, container: Container, record: Record) -> tuple[State, str]:
    """The state of a service whose container does not run, and the reason."""
    if container.name == container_name(record.name, "stopped"):
        return State.STOPPED, ""
    if container.state == "created":
        return State.CRASHED, container.error or t("It was never started: the command that deployed it was ended.")
    failure = await failure_of(connection, container, record)
    if failure is not None and failure.get("phase") != "server":
        return State.CRASHED, crash.findings_of(failure, own_paths(record))[0].message
    if container.killed_for_memory:
        if not container.memory:
            return State.CRASHED, t("It was killed because it needed more than its memory.")
        return State.CRASHED, t("It was killed because it needed more than its memory of {0} MB.", container.memory // 1024**2)
    if container.exit_code in (0, 143):
        return State.STOPPED, t("It was stopped from outside: docker stop, or the engine was shut down.")
    if container.exit_code == 137:
        return State.CRASHED, t("It was killed from outside: docker kill, or the engine was shut down.")
    return State.CRASHED, container.error or t("Its container ended with code {0}.", container.exit_code)
