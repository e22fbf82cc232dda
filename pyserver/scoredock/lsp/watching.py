"""Keeps the editor's list of services true, and brings what happens to them into the editor.

Nothing is remembered that could be asked: the list is asked of the engines, often while somebody looks, seldom while
something runs, and not at all otherwise.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from scoredock.finding import Finding
from scoredock.lsp import protocol, tools
from scoredock.lsp.analysis import OBSERVED
from scoredock.lsp.running_packages import RunningPackages

if TYPE_CHECKING:
    from scoredock.hosting.values import Event, Service
    from scoredock.lsp.server import ScoredockServer

log = logging.getLogger("scoredock.lsp")

OFTEN, SELDOM = 2.0, 10.0  # seconds
NEW = 2 * SELDOM  # what was deployed elsewhere is seen at the next look


class Running(NamedTuple):
    """One run of a service: another of that name is another, and counts its generations from the beginning."""

    name: str
    identity: str


class Watching:
    """The services as this window knows them."""

    def __init__(self, server: ScoredockServer) -> None:
        self._server = server
        self._visible = False
        self._loop: asyncio.Task[Any] | None = None
        self._asked = self._answered = 0
        self._listening: dict[Running, asyncio.Task[Any]] = {}
        self._generations: dict[Running, int] = {}  # the newest that the client knows of
        self._updating: list[str] = []
        self._failures: dict[str, dict[tuple[Path, int, str], Finding]] = {}
        self._seen_in: dict[str, set[Path]] = {}
        self._packages = RunningPackages()
        self._packages_of: tuple[Service, ...] = ()
        self.services: tuple[Service, ...] = ()

    def look(self, visible: bool) -> None:
        """Somebody looks at the list, or no longer."""
        self._visible = visible
        if self._loop is not None:
            self._loop.cancel()
        self._loop = self._server.in_background(self._watch())

    async def _watch(self) -> None:
        while True:
            try:
                await self.refresh()
            except Exception:
                # A Docker engine that goes away in the middle of an answer must not end the watch.
                log.exception("the services could not be listed")
            if not self._visible and not self.services:
                return
            await asyncio.sleep(OFTEN if self._visible else SELDOM)

    async def refresh(self) -> tuple[Service, ...]:
        """Ask the engines, and tell the client if something is new."""
        if not tools.at_hand():
            return ()
        from scoredock.hosting.services import list_services

        self._asked += 1
        question = self._asked
        found = await list_services()
        if question < self._answered:
            return self.services  # who asked later was answered sooner: this is old news
        self._answered = question
        before, self.services = self.services, found
        if self.services != before:
            self._server.tell(protocol.SERVICES_CHANGED, protocol.ServiceList(tuple(map(self.view, self.services))))
            self._server.refresh_views()
        for service in self.services:
            self._listen_to(service)
            known = self._generations.setdefault(_running(service), service.generation)
            if service.generation > known and service.name not in self._updating:
                self.updated(service, None)
        await self._tell_packages()
        return self.services

    async def _tell_packages(self) -> None:
        """Which packages the services run with, once for each list. Kept apart from the list itself: the one may be told while
        whoever asked for the other goes away."""
        services = self.services
        if services != self._packages_of:
            running = await self._packages.of(services)
            if services == self.services:
                self._packages_of = services
                self._server.analysis.services_run(running)

    @contextmanager
    def updating(self, name: str) -> Iterator[None]:
        """This window updates it, and says so itself when it is done: the list, which may be quicker, does not."""
        self._updating.append(name)
        try:
            yield
        finally:
            self._updating.remove(name)

    def updated(self, service: Service, seconds: float | None) -> None:
        """New code answers: tell the client, and take back what the old code was seen to do."""
        self._generations[_running(service)] = max(service.generation, self._generations.get(_running(service), 0))
        self._failures.pop(service.name, None)
        self.observe(service.name, ())
        self._server.tell(protocol.SERVICE_UPDATED, protocol.ServiceUpdated(service.name, seconds, "", shown=False))

    def not_updated(self, name: str, problem: str, findings: Iterable[Finding]) -> None:
        """The old code goes on; why is shown on the line."""
        found = tuple(findings)
        self.observe(name, found)
        self._server.tell(protocol.SERVICE_UPDATED, protocol.ServiceUpdated(name, None, problem, shown=bool(found)))

    def observe(self, name: str, findings: Iterable[Finding]) -> None:
        """Show what a service was seen to do, instead of what it was seen to do before."""
        by_file: dict[Path, list[Finding]] = {}
        for finding in findings:
            by_file.setdefault(finding.place.path, []).append(finding)
        for path in self._seen_in.pop(name, set()) | by_file.keys():
            self._server.store.put(path, OBSERVED, by_file.get(path, ()))
            self._server.store.publish(path)
        if by_file:
            self._seen_in[name] = set(by_file)

    def _listen_to(self, service: Service) -> None:
        this = _running(service)
        if this in self._listening:
            return
        for other in [other for other in self._listening if other.name == service.name]:
            self._listening.pop(other).cancel()  # another run has taken its place
        # It may have failed to answer already when it is first seen here.
        is_new = service.generation == 1 and time.time() - service.started_at < NEW
        listening = self._until_ended(this, service.started_at if is_new else None)
        self._listening[this] = self._server.in_background(listening)

    async def _until_ended(self, running: Running, since: float | None) -> None:
        from scoredock.hosting.values import ServiceProblem

        listening = asyncio.gather(self._listen(running.name), self._listen_to_requests(running.name, since))
        try:
            await listening
        except ServiceProblem:
            pass  # it ended between the list and the question
        finally:
            listening.cancel()
            self._listening.pop(running, None)

    async def _listen(self, name: str) -> None:
        from scoredock.hosting.services import events

        async for event in events(name):
            await self._happened(event)

    async def _listen_to_requests(self, name: str, since: float | None) -> None:
        """Requests that failed in the user's code show on the line, whoever sent them."""
        from scoredock.hosting.services import findings

        async for finding in findings(name, since=since):
            failures = self._failures.setdefault(name, {})
            failures[finding.place.path, finding.place.line, finding.code] = finding
            self.observe(name, failures.values())

    async def _happened(self, event: Event) -> None:
        if event.kind in ("crashed", "update-failed") and event.findings:
            self.observe(event.service, event.findings)
        if event.kind == "stopped":
            self.observe(event.service, ())
        await self.refresh()

    def view(self, service: Service) -> protocol.ServiceView:
        documents = self._server.documents
        return protocol.ServiceView(
            name=service.name,
            target=service.target,
            state=service.state.value,
            port=service.port,
            project_uri=documents.uri(service.project_file),
            script_uri=documents.uri(service.entry_script),
            environment=_environment_name(service.environment_key, service.project_file),
            started_at=service.started_at,
            generation=service.generation,
            scoring_uri=service.scoring_uri,
            exit_reason=service.exit_reason,
        )

    def of_script(self, path: Path) -> tuple[Service, ...]:
        """The services that run a script, or that a file defines."""
        return tuple(service for service in self.services if path in (service.entry_script, service.project_file))


def _running(service: Service) -> Running:
    return Running(service.name, service.identity)


@lru_cache(maxsize=64)
def _environment_name(key: str, project_file: Path) -> str:
    """The file that an environment was made from, as people know it; the start of its key where there is none."""
    from scoredock.environment.store import read_record
    from scoredock.project import read_project
    from scoredock.project.values import CondaFile, RequirementsFile

    if record := read_record(key):
        return Path(record.described_by).name
    # An environment inside an image has no record on this machine.
    project = read_project(project_file).project
    source = project.environment if project else None
    return source.path.name if isinstance(source, CondaFile | RequirementsFile) else key[:8]
