"""Keeps the editor's list of services true, and brings what happens to them into the editor.

Nothing is remembered that could be asked: the list is asked of the engines, often while somebody looks, seldom while
something runs, and not at all otherwise.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scoredock.finding import Finding
from scoredock.lsp import protocol, tools
from scoredock.lsp.analysis import OBSERVED
from scoredock.lsp.running_packages import RunningPackages

if TYPE_CHECKING:
    from scoredock.hosting.values import Event, Service
    from scoredock.lsp.server import ScoredockServer

log = logging.getLogger("scoredock.lsp")

OFTEN, SELDOM = 2.0, 10.0  # seconds


class Watching:
    """The services as this window knows them."""

    def __init__(self, server: ScoredockServer) -> None:
        self._server = server
        self._visible = False
        self._loop: asyncio.Task[Any] | None = None
        self._listening: dict[str, asyncio.Task[Any]] = {}
        self._generations: dict[str, int] = {}
        self._failures: dict[str, dict[tuple[Path, int, str], Finding]] = {}
        self._seen_in: dict[str, set[Path]] = {}
        self._packages = RunningPackages()
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

        before, self.services = self.services, await list_services()
        if self.services != before:
            self._server.tell(protocol.SERVICES_CHANGED, protocol.ServiceList(tuple(map(self.view, self.services))))
            self._server.refresh_views()
            self._server.analysis.services_run(await self._packages.of(self.services))
        for service in self.services:
            self._note_generation(service)
            if service.name not in self._listening:
                both = asyncio.gather(self._listen(service.name), self._listen_to_requests(service.name))
                self._listening[service.name] = self._server.in_background(self._until_ended(service.name, both))
        return self.services

    def _note_generation(self, service: Service) -> None:
        known = self._generations.get(service.name)
        self._generations[service.name] = service.generation
        if known is not None and service.generation > known:
            self.updated(service.name, None)

    def updated(self, name: str, seconds: float | None, generation: int | None = None) -> None:
        """New code answers: tell the client, and take back what the old code was seen to do."""
        if generation is not None:
            self._generations[name] = generation
        self._failures.pop(name, None)
        self.observe(name, ())
        self._server.tell(protocol.SERVICE_UPDATED, protocol.ServiceUpdated(name, seconds, "", shown=False))

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

    async def _until_ended(self, name: str, listening: asyncio.Future[Any]) -> None:
        from scoredock.hosting.values import ServiceProblem

        try:
            await listening
        except ServiceProblem:
            pass  # it ended between the list and the question
        finally:
            listening.cancel()
            self._listening.pop(name, None)

    async def _listen(self, name: str) -> None:
        from scoredock.hosting.services import events

        async for event in events(name):
            await self._happened(event)

    async def _listen_to_requests(self, name: str) -> None:
        """Requests that failed in the user's code show on the line, whoever sent them."""
        from scoredock.hosting.services import findings

        async for finding in findings(name):
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
