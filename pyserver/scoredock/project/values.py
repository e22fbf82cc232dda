"""What a project is, whichever files it was read from. Every room below the files speaks these values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path, PurePosixPath

from scoredock.finding import Finding, Place


class Source(str, Enum):
    """Which kind of file said what the project is."""

    DEPLOYMENT = "deployment"  # CLI v2 online deployment YAML
    INFERENCE_CONFIG = "inference-config"  # SDK v1 inferenceconfig.json (+ deploymentconfig.json)
    INFERRED = "inferred"  # score.py and what lies beside it


@dataclass(frozen=True, slots=True)
class ModelMount:
    """One model and where the service sees it.

    ``source`` is the file or folder on this machine; ``None`` when the project only names it (``reference`` is then
    the text, such as ``azureml:digits:3``). ``mounted_as`` is the path under ``AZUREML_MODEL_DIR`` at which the
    service finds it: the last component of the source's path for a single model (what Azure mounts; its siblings
    stay invisible), ``NAME/VERSION/<last component>`` when there are several (SDK v1).
    """

    source: Path | None
    mounted_as: PurePosixPath
    reference: str | None = None
    name: str | None = None
    version: str | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class CondaFile:
    """The environment is a conda file, or a conda definition written inside another file (``inline``)."""

    path: Path
    inline: str | None = None  # the definition as YAML text, when it has no file of its own


@dataclass(frozen=True, slots=True)
class RequirementsFile:
    """The environment is a pip requirements file."""

    path: Path


@dataclass(frozen=True, slots=True)
class EnvironmentReference:
    """The environment is only named: ``azureml:tutorial-env:1``, a curated environment."""

    text: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class DockerBuild:
    """The environment is built from the user's own Dockerfile."""

    context: Path
    dockerfile: Path


EnvironmentSource = CondaFile | RequirementsFile | EnvironmentReference | DockerBuild | None


@dataclass(frozen=True, slots=True)
class Probe:
    """Azure's liveness or readiness probe, in seconds and counts; defaults are Azure's."""

    initial_delay: int = 10
    period: int = 10
    timeout: int = 2
    success_threshold: int = 1
    failure_threshold: int = 30

    @property
    def patience(self) -> int:
        """Seconds that `init` may take before Azure gives up."""
        return self.initial_delay + self.period * self.failure_threshold


@dataclass(frozen=True, slots=True)
class RequestSettings:
    """Azure's request settings; defaults are Azure's."""

    request_timeout_ms: int = 5000
    max_concurrent_requests_per_instance: int = 1
    max_queue_wait_ms: int = 500


@dataclass(frozen=True, slots=True)
class Resources:
    """Limits of one instance, where the files give them: CPU cores, memory in bytes, GPUs."""

    cpu: float | None = None
    memory: int | None = None
    gpu: int | None = None


@dataclass(frozen=True, slots=True)
class Project:
    """Everything Scoredock knows about one deployment before anything runs.

    All paths are absolute. ``file`` is the file that defined the project (the entry script itself when inferred) and
    ``name`` what a service of it is called unless the user says otherwise. ``code`` is the folder that is shipped, and
    ``entry_script`` lies inside it (``None``: the deployment names none, as MLflow models may). ``import_roots`` are
    the folders of the shipped code that Azure puts on ``sys.path``, in its order. ``model_mount_path`` is the
    deployment file's own key.
    """

    file: Path
    source: Source
    name: str
    code: Path
    entry_script: Path | None
    import_roots: tuple[Path, ...] = ()
    models: tuple[ModelMount, ...] = ()
    model_mount_path: PurePosixPath | None = None
    environment: EnvironmentSource = None
    base_image: str | None = None
    environment_variables: tuple[tuple[str, str], ...] = ()
    request_settings: RequestSettings = field(default_factory=RequestSettings)
    liveness_probe: Probe = field(default_factory=Probe)
    readiness_probe: Probe = field(default_factory=Probe)
    resources: Resources = field(default_factory=Resources)
    endpoint: str | None = None
    port: int | None = None  # SDK v1 deploymentconfig.json may name one

    @property
    def folder(self) -> Path:
        """The folder of the file that defined the project."""
        return self.file.parent


@dataclass(frozen=True, slots=True)
class Reading:
    """The outcome of reading project files: a project when one could be made, and all that is to be said of the files."""

    project: Project | None
    findings: tuple[Finding, ...] = ()
