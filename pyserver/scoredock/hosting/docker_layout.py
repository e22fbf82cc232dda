"""How code, models and our runtime lie inside a container: where Azure puts them, read-only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from scoredock import runtime
from scoredock.engine.values import Mounted
from scoredock.folders import debuggers_folder
from scoredock.hosting import launch, model_layout
from scoredock.hosting.crash import Paths
from scoredock.hosting.values import Plan, ServiceProblem
from scoredock.l10n import t
from scoredock.project.values import Project, Source

# Azure's images have the app there, with one folder for the code and one for the models in it.
APP = PurePosixPath("/var/azureml-app")
MODELS = APP / "azureml-models"
RUNTIME = PurePosixPath("/opt/scoredock/runtime")
DEBUGGERS = PurePosixPath("/opt/scoredock/debuggers")
# A folder that the runs of a service share, also with the one that takes their place: control sockets and failures.
RUNS = PurePosixPath("/run/scoredock")
OURS = frozenset({RUNTIME, DEBUGGERS})  # mounts that hold nothing of the user's
PORT = 5001
# Where the container that holds the port lets this machine in when nothing can be started inside containers (docker_way.py).
RELAY_PORT = 5002
RELAY_SECRET = RUNS / "relay"


@dataclass(frozen=True, slots=True)
class Layout:
    """What of this machine lies where, and the variables and working folder that go with it."""

    mounts: tuple[Mounted, ...]
    variables: tuple[tuple[str, str], ...]
    working_folder: PurePosixPath


def laid_out(plan: Plan) -> Layout:
    """The container's view of a project. Raises ServiceProblem when files of it are not there.

    CLI v2 (azure-ai-ml, `_local_endpoints`): the code folder under its own name, the app root is the script's folder.
    SDK v1 (azureml-core, `LocalWebservice`): the app root is above the source directory, and AZUREML_MODEL_DIR is
    relative to it.
    """
    project = plan.project
    placed = launch.layout(project)
    code = APP / (project.code.name or "code")
    app_root = APP if placed.source_directory else code / PurePosixPath(placed.app_root.relative_to(project.code).as_posix())
    debuggers = debuggers_folder().resolve()
    debuggers.mkdir(parents=True, exist_ok=True)
    ours = [runtime_mount(), Mounted(debuggers, DEBUGGERS)]
    mounts = [*ours, Mounted(_present(project.code), code)]
    variables = {
        "AML_APP_ROOT": str(app_root),
        "AZUREML_ENTRY_SCRIPT": placed.entry_script,
        # As Azure's prebuilt images set them.
        "WORKER_TIMEOUT": "300",
        "AZUREML_INFERENCE_SERVER_HTTP_ENABLED": "True",
    }
    if placed.source_directory:
        variables["AZUREML_SOURCE_DIRECTORY"] = placed.source_directory
    folder = model_folder(project)
    if folder is not None:
        variables["AZUREML_MODEL_DIR"] = str(folder.relative_to(APP) if project.source is Source.INFERENCE_CONFIG else folder)
        for model in project.models:
            if model.source is not None:
                mounts.append(Mounted(_present(model.source), folder / model.mounted_as))
    variables.update(plan.environment_variables)
    return Layout(tuple(mounts), tuple(variables.items()), app_root)


def runtime_mount() -> Mounted:
    return Mounted(Path(runtime.__file__).parent, RUNTIME)


def model_folder(project: Project) -> PurePosixPath | None:
    """What AZUREML_MODEL_DIR names, as an absolute path; ``None`` for a project without models."""
    root = MODELS if project.model_mount_path is None else APP / project.model_mount_path
    found = model_layout.model_dir(project.models, Path(root))
    return None if found is None else PurePosixPath(found.as_posix())


def paths_of(code: Path, entry_script: Path, mounts: tuple[Mounted, ...]) -> Paths:
    """How paths of the container come back to the user's files."""
    own = tuple((mount.inside, mount.source) for mount in mounts if mount.inside not in OURS)
    return Paths(code, entry_script, own)


def identity_of(mounts: tuple[Mounted, ...]) -> tuple[str, ...]:
    """Which files and folders the mounts hold on to.

    A bind mount stays with what it was made of: a model file that was replaced by another one, or a folder that was
    removed and made again, is not seen by the container any more.
    """
    found = []
    for mount in mounts:
        if mount.inside == DEBUGGERS:
            continue  # a cache: nothing that runs depends on it
        try:
            about = mount.source.stat()
            found.append(f"{about.st_dev}:{about.st_ino}")
        except OSError:
            found.append("")
    return tuple(found)


def _present(path: Path) -> Path:
    if not path.exists():
        raise ServiceProblem(t("{0} does not exist.", path), t("Mend the path in the project's file."))
    return path.resolve()
