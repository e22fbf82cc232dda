"""Every message that is ours and not the protocol's; ``extension/src/protocol.ts`` is its mirror, held equal by a test.

Values travel as JSON objects with camelCase keys. A path travels as a ``file:`` URI string. Times are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

# client -> server, answered
DEPLOY = "scoredock/deploy"
UPDATE = "scoredock/update"
STOP = "scoredock/stop"
SERVICES = "scoredock/services"
FOLLOW_LOG = "scoredock/followLog"
SAMPLES = "scoredock/samples"
SCORE = "scoredock/score"
ATTACH = "scoredock/attach"
ENVIRONMENTS = "scoredock/environments"
SYNC_ENVIRONMENT = "scoredock/syncEnvironment"
MODELS = "scoredock/models"
INSPECT_MODEL = "scoredock/inspectModel"
REGISTER_MODEL = "scoredock/registerModel"
DEPLOYMENT_FILES = "scoredock/deploymentFiles"
USE_MODEL = "scoredock/useModel"
NEW_SAMPLE = "scoredock/newSample"
REPORT = "scoredock/report"
# client -> server, not answered
SETTINGS = "scoredock/settings"
WATCH_SERVICES = "scoredock/watchServices"
# server -> client, not answered
SERVICES_CHANGED = "scoredock/servicesChanged"
SERVICE_UPDATED = "scoredock/serviceUpdated"
LOG_LINES = "scoredock/logLines"
STATUS = "scoredock/status"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user has set, and whether the workspace is trusted: where it is not, nothing runs."""

    trusted: bool = False
    target: str = "process"
    port: int | None = None
    update_on_save: bool = True
    ignored_rules: tuple[str, ...] = ()
    inlay_hints: bool = True
    code_lenses: bool = True
    offline: bool = False
    docker_host: str = ""
    tools_python: str = ""
    score_timeout: float = 60.0


@dataclass(frozen=True, slots=True)
class DeployParams:
    uri: str
    target: str | None = None
    port: int | None = None
    name: str | None = None
    debug: bool = False
    work_done_token: str | int | None = None


@dataclass(frozen=True, slots=True)
class ServiceParams:
    name: str
    work_done_token: str | int | None = None


@dataclass(frozen=True, slots=True)
class ServiceView:
    """A service as the editor shows it. ``state`` is one of hosting's; ``scoreable`` says a request may be sent."""

    name: str
    target: str
    state: str
    port: int
    project_uri: str
    script_uri: str
    environment: str
    started_at: float
    generation: int
    scoring_uri: str
    exit_reason: str


@dataclass(frozen=True, slots=True)
class ServiceList:
    services: tuple[ServiceView, ...]


@dataclass(frozen=True, slots=True)
class UpdateResult:
    service: ServiceView
    seconds: float


@dataclass(frozen=True, slots=True)
class ServiceUpdated:
    """A save reached the running service (``seconds`` after it), or did not: ``problem`` says why, and is ``shown`` on its line.

    The old code answers then.
    """

    name: str
    seconds: float | None
    problem: str
    shown: bool


@dataclass(frozen=True, slots=True)
class WatchParams:
    """Whether anybody looks at the services: they are asked for only then."""

    visible: bool


@dataclass(frozen=True, slots=True)
class LogLines:
    name: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DocumentParams:
    uri: str
    work_done_token: str | int | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A request body to send: a file under ``requests/``, or one made from the schema (``uri`` empty)."""

    label: str
    uri: str
    body: str


@dataclass(frozen=True, slots=True)
class SampleList:
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class ScoreParams:
    """What is sent: a file, a text, or (``failed``) the request that failed last, whoever sent it."""

    name: str
    sample_uri: str = ""
    body: str | None = None
    failed: bool = False
    work_done_token: str | int | None = None


@dataclass(frozen=True, slots=True)
class ScoreResult:
    """An answer. ``status`` is HTTP's; ``problem`` says in a sentence why there is no good answer."""

    name: str
    sample: str
    request: str
    status: int
    seconds: float
    answer: str
    content_type: str
    headers: tuple[tuple[str, str], ...]
    problem: str


@dataclass(frozen=True, slots=True)
class AttachResult:
    """Where the debugger of a running service listens for one client, and the secret that lets it in."""

    host: str
    port: int
    access_token: str


@dataclass(frozen=True, slots=True)
class EnvironmentView:
    """``size`` is in bytes (None: not counted); ``state`` is ready, missing or changed."""

    key: str
    title: str
    source_uri: str
    state: str
    python: str
    size: int | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EnvironmentList:
    environments: tuple[EnvironmentView, ...]


@dataclass(frozen=True, slots=True)
class ModelVersion:
    name: str
    version: str
    uri: str
    size: int | None
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ModelList:
    models: tuple[ModelVersion, ...]


@dataclass(frozen=True, slots=True)
class RegisterParams:
    uri: str
    name: str
    work_done_token: str | int | None = None


@dataclass(frozen=True, slots=True)
class DeploymentFile:
    """A deployment file of the open folders; ``model`` is what it serves now, "" for nothing yet."""

    uri: str
    name: str
    model: str


@dataclass(frozen=True, slots=True)
class DeploymentFileList:
    deployments: tuple[DeploymentFile, ...]


@dataclass(frozen=True, slots=True)
class UseModelParams:
    """The deployment file, and either a registered model (``NAME:VERSION``) or the file of one that is not registered."""

    deployment_uri: str
    reference: str = ""
    model_uri: str = ""


@dataclass(frozen=True, slots=True)
class TextChange:
    """What is to be put into a document in the place of a range; positions are the protocol's. The client does it, so that
    it can be undone."""

    uri: str
    start_line: int
    start_character: int
    end_line: int
    end_character: int
    text: str


@dataclass(frozen=True, slots=True)
class SampleProject:
    """The sample that was made; ``note`` says what is still to be done, if anything."""

    script_uri: str
    note: str


@dataclass(frozen=True, slots=True)
class Report:
    text: str


@dataclass(frozen=True, slots=True)
class Status:
    """What the status item shows: ``ok``, ``busy``, ``warning`` or ``error``, and a few words."""

    state: str
    text: str
    detail: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """No parameters, or no answer."""


# method -> (parameters, answer); None where a message has no answer
REQUESTS: dict[str, tuple[type, type]] = {
    DEPLOY: (DeployParams, ServiceView),
    UPDATE: (ServiceParams, UpdateResult),
    STOP: (ServiceParams, Nothing),
    SERVICES: (Nothing, ServiceList),
    FOLLOW_LOG: (ServiceParams, Nothing),
    SAMPLES: (ServiceParams, SampleList),
    SCORE: (ScoreParams, ScoreResult),
    ATTACH: (ServiceParams, AttachResult),
    ENVIRONMENTS: (Nothing, EnvironmentList),
    SYNC_ENVIRONMENT: (DocumentParams, EnvironmentView),
    MODELS: (Nothing, ModelList),
    INSPECT_MODEL: (DocumentParams, ModelVersion),
    REGISTER_MODEL: (RegisterParams, ModelVersion),
    DEPLOYMENT_FILES: (Nothing, DeploymentFileList),
    USE_MODEL: (UseModelParams, TextChange),
    NEW_SAMPLE: (DocumentParams, SampleProject),
    REPORT: (Nothing, Report),
}
FROM_CLIENT: dict[str, type] = {SETTINGS: Settings, WATCH_SERVICES: WatchParams}
FROM_SERVER: dict[str, type] = {
    SERVICES_CHANGED: ServiceList,
    SERVICE_UPDATED: ServiceUpdated,
    LOG_LINES: LogLines,
    STATUS: Status,
}
