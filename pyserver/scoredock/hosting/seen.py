"""A service and what happens to it, as every engine tells of them: from what was decided before and what its arbiter says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Protocol

from scoredock.hosting import crash
from scoredock.hosting.values import Event, Service, State, Target
from scoredock.l10n import t


class Decided(Protocol):
    """What an engine notes of a service before it starts."""

    @property
    def name(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def project_file(self) -> str: ...
    @property
    def entry_script(self) -> str: ...
    @property
    def environment_key(self) -> str: ...


def service(
    decided: Decided,
    target: Target,
    state: State,
    *,
    started_at: float,
    identity: str,
    generation: int = 1,
    reason: str = "",
) -> Service:
    return Service(
        name=decided.name,
        target=target,
        state=state,
        port=decided.port,
        project_file=Path(decided.project_file),
        entry_script=Path(decided.entry_script),
        environment_key=decided.environment_key,
        started_at=started_at,
        identity=identity,
        generation=generation,
        exit_reason=reason,
    )


def state_of(status: Mapping[str, Any]) -> tuple[State, int, str]:
    """State, generation and reason from an arbiter's status."""
    state = State(status["state"])
    return state, int(status["generation"]), _unhealthy(status["probes"]) if state is State.UNHEALTHY else ""


def _unhealthy(probes: Mapping[str, Any]) -> str:
    liveness, readiness = probes["liveness"], probes["readiness"]
    if not liveness["passing"]:
        said = t("Its liveness probe has failed {0} times in a row: Azure would have restarted it.", liveness["failures"])
    else:
        said = t("Its readiness probe has failed {0} times in a row: Azure would send it no requests.", readiness["failures"])
    return f"{said} {t('A request may hang in run(); see its log.')}"


_KINDS: Mapping[str, Literal["started", "worker-replaced", "update-failed", "crashed", "stopped"]] = {
    "ready": "started",
    "worker-replaced": "worker-replaced",
    "worker-started": "worker-replaced",
    "update-failed": "update-failed",
    "crashed": "crashed",
    "stopped": "stopped",
}


def event(name: str, message: Mapping[str, Any], paths: crash.Paths) -> Event | None:
    """What an arbiter announced; None for what concerns nobody outside."""
    kind = _KINDS.get(str(message.get("event")))
    if kind is None:
        return None
    failure = message.get("failure")
    findings = crash.findings_of(failure, paths) if failure else ()
    return Event(name, kind, findings, findings[0].message if findings else "")
