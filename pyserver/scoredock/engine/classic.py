"""Builds by the engine's classic builder, through the SDK, for machines without BuildKit. It caches layers, nothing more."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable

from scoredock.engine.background import Job, beside
from scoredock.engine.connection import Connection, closed_on_stop
from scoredock.engine.context import build_context
from scoredock.engine.failures import TAIL, build_failed
from scoredock.engine.values import BuildFailed, BuildOrder, EngineProblem
from scoredock.l10n import t
from scoredock.progress import Progress, Step, silent

# "Step 2/3 : RUN …" in Docker's words, "[1/2] STEP 2/3: RUN …" in Podman's.
STEP = re.compile(r"(?:\[\d+/\d+\] )?(?:Step|STEP) (\d+)/(\d+) ?: (.*)")


async def build(
    connection: Connection, order: BuildOrder, progress: Progress = silent, listen: Callable[[str], object] = lambda _: None
) -> None:
    """Build the order's image. ``listen`` hears every line the build prints. Cancelling ends the build on the engine too."""
    if order.secrets:
        raise BuildFailed(
            t("Building {0} needs secrets, which only BuildKit can mount.", order.tag),
            t("Install Docker's buildx plugin, then try again."),
        )
    await beside(lambda job: _build(connection, order, job, listen), progress)


def _build(connection: Connection, order: BuildOrder, job: Job, listen: Callable[[str], object]) -> None:
    title = t("Building {0}", order.tag)
    job.report(Step(title))
    tail: deque[str] = deque(maxlen=TAIL)
    failed, begun = False, ""
    try:
        with build_context(order) as folder, closed_on_stop(connection, job) as api:
            events = api.build(
                path=str(folder),
                tag=order.tag,
                labels=dict(order.labels),
                buildargs=dict(order.arguments),
                platform=order.platform,
                network_mode=order.network,
                decode=True,
                rm=True,
                forcerm=True,
            )
            try:
                for event in events:
                    # Output arrives in pieces that end anywhere.
                    *lines, begun = (begun + str(event.get("stream") or f"{event.get('error', '')}\n")).split("\n")
                    for line in filter(None, lines):
                        step = STEP.fullmatch(line)
                        if step:
                            job.report(Step(title, step[3][:120], done=int(step[1]) - 1, total=int(step[2])))
                        tail.append(line)
                        job.tell(listen, line)
                    failed = failed or "error" in event
            finally:
                events.close()
    except EngineProblem as problem:
        if type(problem) is not EngineProblem:
            raise
        tail.append(problem.what)
        failed = True
    if failed:
        raise build_failed(order, tail, connection)
