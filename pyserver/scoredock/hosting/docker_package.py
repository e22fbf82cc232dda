"""A self-contained image of a project: base, packages, models, code, in the order in which they change least.

It runs the official server by its own launcher, as Azure does; nothing of ours is in it, nor a debugger. It can be pushed
anywhere and named in a deployment as a custom container.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from scoredock.engine.background import beside
from scoredock.engine.builds import build_image
from scoredock.engine.connection import connect
from scoredock.engine.context import build_context
from scoredock.engine.images import find_image
from scoredock.engine.values import BuildOrder
from scoredock.hosting import launch
from scoredock.hosting.docker_image import ImageEnvironment, environment_image
from scoredock.hosting.docker_layout import APP, PORT, model_folder
from scoredock.hosting.shipped import shipped_files
from scoredock.hosting.values import ServiceProblem
from scoredock.l10n import t
from scoredock.progress import Progress, silent
from scoredock.project.values import Project, Source

LABEL = "scoredock.package"


@dataclass(frozen=True, slots=True)
class Package:
    """A finished image: its tag and id, its size in bytes, the Dockerfile of its last layers, the environment it stands on."""

    tag: str
    image: str
    size: int
    dockerfile: str
    environment: ImageEnvironment


async def package(
    project: Project,
    *,
    tag: str | None = None,
    platform: str | None = None,
    keep: Path | None = None,
    progress: Progress = silent,
    listen: Callable[[str], object] = lambda _: None,
) -> Package:
    """Make the image. ``keep``: a folder into which the Dockerfiles are written. Raises EnvironmentProblem,
    EngineProblem, ServiceProblem."""
    connection = await beside(lambda _: connect())
    try:
        environment = await environment_image(connection, project, progress, platform=platform, listen=listen)
        stands_on = await beside(lambda _: find_image(connection, environment.image))
        order = order_of(project, environment, tag or f"{project.name.lower()}:latest", stands_on.user if stands_on else "")
        if keep is not None:
            write_down(keep, order, environment)
        image = await build_image(connection, order, progress, listen)
    finally:
        connection.close()
    return Package(order.tag, image.id, image.size, order.dockerfile, environment)


async def write_context(project: Project, folder: Path, progress: Progress = silent) -> None:
    """Write down what `package` builds from, instead of building: the Dockerfiles and everything they copy."""
    connection = await beside(lambda _: connect())
    try:
        environment = await environment_image(connection, project, progress)
        stands_on = await beside(lambda _: find_image(connection, environment.image))
        order = order_of(project, environment, f"{project.name.lower()}:latest", stands_on.user if stands_on else "")
    finally:
        connection.close()
    with build_context(order) as made:
        shutil.copytree(made, folder, dirs_exist_ok=True)
    write_down(folder, order, environment)


def order_of(project: Project, environment: ImageEnvironment, tag: str, user: str = "") -> BuildOrder:
    """The last layers: a layer for each model, then the code. Nothing is installed here, so an edit costs one copy.

    ``user``: as whom the image runs, "" for root; the files become theirs, or private ones could not be read.
    """
    placed = launch.layout(project)
    missing = [model for model in project.models if model.source is None or not model.source.exists()]
    if missing:
        name = missing[0].reference or str(missing[0].source)
        raise ServiceProblem(t("The model {0} is not on this machine.", name), t("A self-contained image needs the file itself."))
    code = APP / (project.code.name or "code")
    app_root = APP if placed.source_directory else code / PurePosixPath(placed.app_root.relative_to(project.code).as_posix())
    variables = {"AML_APP_ROOT": str(app_root), "AZUREML_ENTRY_SCRIPT": placed.entry_script, "WORKER_TIMEOUT": "300"}
    if placed.source_directory:
        variables["AZUREML_SOURCE_DIRECTORY"] = placed.source_directory
    lines = [f"# {project.name}, on the environment {environment.key}.", f"FROM {environment.image}"]
    files: list[tuple[PurePosixPath, Path | bytes]] = []
    folder = model_folder(project)
    if folder is not None:
        variables["AZUREML_MODEL_DIR"] = str(folder.relative_to(APP) if project.source is Source.INFERENCE_CONFIG else folder)
        for number, model in enumerate(project.models):
            inside = PurePosixPath("models", str(number), model.mounted_as.name)
            files.append((inside, model.source or Path()))
            lines.append(_copy(inside, folder / model.mounted_as, user))
    variables |= dict(environment.variables) | dict(project.environment_variables)
    lines += [f"ENV {name}={_quoted(value)}" for name, value in variables.items()]
    lines.append(f"WORKDIR {app_root}")
    own = [model.source for model in project.models if model.source is not None]
    files += [(PurePosixPath("code") / name, project.code / name) for name in shipped_files(project.code, own)]
    lines.append(_copy(PurePosixPath("code"), code, user))
    script = app_root / placed.entry_script
    command = [str(environment.interpreter), "-m", "azureml_inference_server_http"]
    command += ["--entry_script", str(script), "--port", str(PORT)]
    lines += [f"EXPOSE {PORT}", "ENTRYPOINT []", f"CMD {json.dumps(command)}", ""]
    described = {
        "project": project.name,
        "environment": environment.key,
        "models": [model.mounted_as.as_posix() for model in project.models],
        "entry_script": placed.entry_script,
    }
    return BuildOrder(
        "\n".join(lines), tag, tuple(files), labels=((LABEL, json.dumps(described)),), platform=environment.platform
    )


def _copy(source: PurePosixPath, target: PurePosixPath, user: str) -> str:
    return f"COPY {f'--chown={user} ' if user else ''}{json.dumps([source.as_posix(), target.as_posix()])}"


def _quoted(value: str) -> str:
    """A value of ENV: Docker expands variables in it unless told not to."""
    if "\n" in value:
        raise ServiceProblem(
            t("A value of environment_variables has several lines, which no image can hold."), t("Put it into a file.")
        )
    return '"' + re.sub(r'(["\\$])', r"\\\1", value) + '"'


def write_down(folder: Path, order: BuildOrder, environment: ImageEnvironment) -> None:
    """The Dockerfiles, to read or to keep: that of the environment, and that of the layers on top of it."""
    folder.mkdir(parents=True, exist_ok=True)
    if environment.dockerfile:
        (folder / "Dockerfile.environment").write_text(environment.dockerfile, encoding="utf-8")
    (folder / "Dockerfile").write_text(order.dockerfile, encoding="utf-8")


def run_command(made: Package) -> str:
    """How to try the image by hand."""
    return shlex.join(["docker", "run", "--rm", "-p", f"127.0.0.1:{PORT}:{PORT}", made.tag])
