"""Waiting for a process service to come up, and saying why it did not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Literal

from scoredock.hosting import control, crash, logs, probes
from scoredock.hosting.runs import Run
from scoredock.hosting.values import ScriptCrashed, ServiceProblem
from scoredock.l10n import t
from scoredock.patience import within
from scoredock.progress import Progress, Step

LOG_LINES = 20  # of the log, shown with a failure
Outcome = Literal["ready", "waiting"]


async def until_ready(run: Run, ended: Callable[[], bool], paths: crash.Paths, progress: Progress) -> Outcome:
    """Wait until the service answers, or waits for a debugger, showing its log meanwhile.

    ``ended`` says that its process is gone. Raises ScriptCrashed (SD501, or SD504 past the liveness probe's patience),
    ServiceProblem when it is not the script's fault.
    """
    progress(Step(t("Starting the service")))
    over = asyncio.Event()
    talking = asyncio.create_task(_show(run, lambda: over.is_set() or ended(), progress))
    try:
        outcome = await within(run.facts.patience, _outcome(run, ended))
    except asyncio.TimeoutError:
        raise _too_slow(run, paths) from None
    finally:
        over.set()
        await talking
    if outcome is None:
        raise why_it_ended(run, paths)
    if outcome == "ready" and not await probes.answers(run.facts.port, max(5.0, run.facts.patience)):
        if ended():
            raise why_it_ended(run, paths)
        raise ServiceProblem(
            t("The service is up but does not answer its health probe."), t("See its log."), details=_log_text(run)
        )
    return outcome


async def _outcome(run: Run, ended: Callable[[], bool]) -> Outcome | None:
    """None: its process is gone."""
    while not ended():
        try:
            async with control.connected(run.control) as line:
                await line.send({"command": "watch"})
                while (message := await line.receive()) is not None:
                    # A service that takes another's place is ready only when it has done so: the event says it.
                    if message.get("event") == "ready" or message.get("state") in ("healthy", "busy"):
                        return "ready"
                    if message.get("event") == "waiting" or message.get("state") == "held":
                        return "waiting"
        except OSError:
            pass  # not made yet
        await asyncio.sleep(0.005)
    return None


async def _show(run: Run, over: Callable[[], bool], progress: Progress) -> None:
    async for batch in logs.read(run.log, last=None, follow=lambda: not over(), pause=0.02):
        for line in batch:
            progress(Step(t("Starting the service"), line.text))


def _log_text(run: Run) -> str:
    return "\n".join(logs.tail(run.log, LOG_LINES))


def why_it_ended(run: Run, paths: crash.Paths) -> ServiceProblem:
    """The error for a service whose process is gone."""
    failure = run.failure()
    if failure is None or failure.get("phase") == "server":
        if run.stopped():
            return ServiceProblem(t("'{0}' was stopped while it was starting.", run.facts.name))
        text = _log_text(run)
        if "No module named 'azureml_inference_server_http'" in text:
            return ServiceProblem(
                t("The environment has no inference server."),
                t("Add azureml-inference-server-http to its pip section."),
                details=text,
            )
        return ServiceProblem(
            t("'{0}' could not be started.", run.facts.name), t("The last lines of its log say why."), details=text
        )
    return crashed(failure, run, paths, t("Mend it and deploy again."))


def crashed(failure: dict[str, Any], run: Run, paths: crash.Paths, todo: str) -> ScriptCrashed:
    """The error for user code that does not come up."""
    findings = crash.findings_of(failure, paths)
    details = str(failure.get("traceback") or "") or _log_text(run)
    return ScriptCrashed(findings[0].message, todo, findings=findings, details=details)


def _too_slow(run: Run, paths: crash.Paths) -> ScriptCrashed:
    failure = {"phase": "init", "deadline": time.time() - run.facts.started_at}
    return crashed(failure, run, paths, "")
