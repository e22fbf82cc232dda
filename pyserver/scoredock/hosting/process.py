"""Services as processes of this machine: the official server under our arbiter, in the synced environment."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from scoredock.finding import Finding
from scoredock.hosting import (
    control,
    crash,
    launch,
    libraries,
    logs,
    model_layout,
    naming,
    observed,
    ports,
    probes,
    process_table,
    runs,
    seen,
    starting,
    takeover,
)
from scoredock.hosting.process_inside import ProcessInside
from scoredock.hosting.runs import Facts, Run
from scoredock.hosting.values import (
    Batch,
    Event,
    Inside,
    NoSuchService,
    NotRunning,
    Plan,
    PortTaken,
    Service,
    ServiceProblem,
    State,
    Target,
    Updated,
)
from scoredock.l10n import t
from scoredock.progress import Progress, Step, silent

STATUS_PATIENCE = 2.0  # seconds; an arbiter that imports libraries answers only afterwards
STOP_PATIENCE = 4.0  # seconds between SIGTERM and SIGKILL; the arbiter itself gives requests in flight 3


def paths_of(run: Run) -> crash.Paths:
    return crash.Paths(Path(run.facts.code), Path(run.facts.entry_script))


class ProcessEngine:
    """See ``values.Engine``. Keeps nothing in memory: any number of them, in any number of processes, see the same services."""

    target: Target = "process"

    async def deploy(self, plan: Plan, progress: Progress = silent) -> Service:
        launch.demand_linux()
        launch.layout(plan.project)
        naming.checked(plan.name)
        async with runs.held(plan.name, progress):
            before = runs.current(plan.name)
            await self._clear_up(plan.name, keep=(before,))
            old = before if before is not None and before.process() else None
            if before is not None and old is None and not before.stopped():
                # Its arbiter was killed: workers may still hold the port for a moment.
                await asyncio.to_thread(process_table.kill_leftovers, before.pid())
            listener, replaces = await self._listener(plan, old)
            with listener:
                return await self._start(plan, listener, replaces, old, progress)

    async def _listener(self, plan: Plan, old: Run | None) -> tuple[socket.socket, bool]:
        """The socket to serve on, and whether it is the running service's own, which it then has to hand over."""
        if old is not None and plan.port in (None, old.facts.port):
            shared = await asyncio.to_thread(takeover.listener_of, old.control)
            if shared is not None:
                return shared, True
        port = plan.port if plan.port is not None else plan.project.port
        try:
            return ports.listen(port), False
        except PortTaken as taken:
            owner = next((run.facts.name for run in self._all() if run.facts.port == port and run.process()), None)
            if owner is None:
                raise
            raise PortTaken(t("Port {0} is in use by the service '{1}'.", port, owner), taken.todo) from None

    async def _start(self, plan: Plan, listener: socket.socket, replaces: bool, old: Run | None, progress: Progress) -> Service:
        project = plan.project
        facts = Facts(
            name=plan.name,
            port=listener.getsockname()[1],
            project_file=str(project.file),
            entry_script=str(project.entry_script),
            code=str(project.code),
            environment_key=plan.environment_key,
            interpreter=str(plan.interpreter),
            started_at=time.time(),
            patience=float(project.liveness_probe.patience),
            models=model_layout.as_json(project.models),
            debug=plan.debug,
        )
        run = runs.new_run(facts)
        if old is None:
            runs.make_current(run)
        process = None
        try:
            model_dir = await asyncio.to_thread(model_layout.lay_out, project.models, run.models)
            preload = await libraries.for_start(project, plan.environment_key)
            begin = launch.Launch(run, listener, preload, old.control if old and replaces else None)
            process = launch.launch(plan, begin, model_dir)
            outcome = await starting.until_ready(run, lambda: process.poll() is not None, paths_of(run), progress)
        except BaseException:
            if old is not None and replaces and old.stopped() and not run.stopped() and run.process() is not None:
                runs.make_current(run)  # it has taken the place already, and the old one has gone
                raise
            if process is not None:
                await asyncio.shield(asyncio.to_thread(process_table.kill_session, process.pid))
            if old is not None or process is None:
                run.remove()  # the service goes on as it was
            raise
        runs.make_current(run)
        if old is not None and replaces:
            old.note_stopped()  # it ends by itself: requests in flight keep it for a while
        await self._clear_up(plan.name, keep=(run, old) if replaces else (run,))
        status = await control.ask(run.control, {"command": "status"}, STATUS_PATIENCE)
        libraries.remember(plan.project.entry_script, plan.environment_key, (status or {}).get("libraries", ()))
        progress(Step(t("Healthy") if outcome == "ready" else t("Waiting for a debugger")))
        return await self._service(run)

    async def update(self, name: str, progress: Progress = silent) -> Updated:
        run = self._running(name)
        progress(Step(t("Updating the service")))
        began = time.monotonic()
        await asyncio.to_thread(model_layout.lay_out, model_layout.from_json(run.facts.models), run.models)
        request: dict[str, Any] = {"command": "update", "deadline": run.facts.patience}
        answer = await control.ask(run.control, request)
        if answer is None:
            raise starting.why_it_ended(run, paths_of(run))
        if not answer.get("ok"):
            todo = t("The service goes on with the code it had.") if run.process() else ""
            raise starting.crashed(answer["failure"], run, paths_of(run), todo)
        seconds = time.monotonic() - began
        return Updated(await self._service(run), seconds)

    async def list(self) -> tuple[Service, ...]:
        return tuple(await asyncio.gather(*(self._service(run) for run in self._all())))

    async def find(self, name: str) -> Service | None:
        run = runs.current(name)
        return None if run is None else await self._service(run)

    async def stop(self, name: str) -> None:
        if runs.current(name) is None:
            raise NoSuchService(name)
        # Without the lock: a deploy of that name which is under way ends with this.
        await asyncio.gather(*(self._end(run) for run in runs.runs(name)))

    async def delete(self, name: str) -> None:
        if runs.current(name) is None:
            return
        async with runs.held_while(name, self.stop(name)):
            for run in runs.runs(name):
                if run.stopped():  # not one that somebody has started since
                    await self._end(run)
                    await asyncio.to_thread(run.remove)
            if not runs.runs(name):
                runs.forget(name)

    async def logs(
        self, name: str, *, follow: bool = False, last: int | None = None, since: float | None = None
    ) -> AsyncIterator[Batch]:
        run = self._existing(name)
        batches = logs.read(run.log, last=last, follow=(lambda: run.process() is not None) if follow else None)
        async for batch in logs.from_moment(batches, since) if since is not None else batches:
            yield batch

    async def events(self, name: str) -> AsyncIterator[Event]:
        run = self._running(name)
        try:
            async with control.connected(run.control) as line:
                await line.send({"command": "watch"})
                await line.receive()
                while (message := await line.receive()) is not None:
                    if event := seen.event(name, message, paths_of(run)):
                        yield event
        except OSError:
            return

    async def findings(self, name: str, *, since: float | None = None) -> AsyncIterator[Finding]:
        run = self._running(name)
        batches = logs.read(run.log, last=observed.last_lines(since), follow=lambda: run.process() is not None)
        async for finding in observed.findings_of(batches, paths_of(run), since):
            yield finding

    async def control(self, name: str, request: dict[str, object]) -> dict[str, object]:
        run = self._running(name)
        answer = await control.ask(run.control, request)
        if answer is None:
            raise ServiceProblem(t("'{0}' has ended.", name), t("See its log."))
        return answer

    async def inside(self, name: str) -> Inside:
        return ProcessInside(self._running(name))

    # What a run is now.

    def _all(self) -> tuple[Run, ...]:
        return tuple(run for name in runs.names() if (run := runs.current(name)) is not None)

    def _existing(self, name: str) -> Run:
        run = runs.current(name)
        if run is None:
            raise NoSuchService(name)
        return run

    def _running(self, name: str) -> Run:
        run = self._existing(name)
        if run.process() is None:
            raise NotRunning(name)
        return run

    async def _service(self, run: Run) -> Service:
        identity = run.process()
        state, generation, reason = State.CRASHED, 1, ""
        if identity is not None:
            answer = await control.ask(run.control, {"command": "status"}, STATUS_PATIENCE)
            if answer is not None:
                state, generation, reason = seen.state_of(answer)
            else:
                # It imports a library, at the start or because the script turned out to need it: then it answers others.
                state = State.HEALTHY if await probes.answers(run.facts.port, 0.5) else State.STARTING
            if answer is None and run.process() is None:
                identity = None
        if identity is None:
            state, reason = self._ended(run)
        return seen.service(
            run.facts,
            self.target,
            state,
            started_at=run.facts.started_at,
            identity=str(identity or ""),
            generation=generation,
            reason=reason,
        )

    def _ended(self, run: Run) -> tuple[State, str]:
        if run.stopped():
            return State.STOPPED, ""
        failure = run.failure()
        if failure is not None and failure.get("phase") != "server":
            return State.CRASHED, crash.findings_of(failure, paths_of(run))[0].message
        if process_table.started_before_boot(run.facts.started_at):
            return State.STOPPED, t("The machine was started again since.")
        if run.pid() is None:
            return State.CRASHED, t("It was never started: the command that deployed it was ended.")
        last = logs.tail(run.log, 1)
        if not last:
            return State.CRASHED, t("Its process is gone.")
        return State.CRASHED, t("Its process was ended from outside. Last line of its log: {0}", last[0])

    # Ending and cleaning up.

    async def _end(self, run: Run) -> None:
        """End the run and every process it has begun, within five seconds."""
        run.note_stopped()
        identity, pid = run.process(), run.pid()
        if identity is not None:
            await asyncio.to_thread(process_table.end, identity, STOP_PATIENCE)
        elif pid is not None and not process_table.started_before_boot(run.facts.started_at):
            await asyncio.to_thread(process_table.kill_leftovers, pid)

    async def _clear_up(self, name: str, keep: tuple[Run | None, ...]) -> None:
        """Remove older runs and what commands that were killed have left behind. Under the lock."""
        for run in runs.runs(name):
            if run.number not in [kept.number for kept in keep if kept is not None]:
                await self._end(run)
                await asyncio.to_thread(run.remove)
