"""The image that a project's environment is, made when it is not there: what `deploy` and `package` stand on."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from scoredock.engine.background import beside
from scoredock.engine.builds import Builder, build_image, builder_of
from scoredock.engine.connection import Connection
from scoredock.engine.images import NoSuchPlatform, find_image, have_image, images_labelled
from scoredock.engine.values import BuildOrder, Image
from scoredock.environment.image import KEY_LABEL, image_recipe
from scoredock.environment.image_host import host_build, image_lock, image_python
from scoredock.environment.image_values import BaseImage, EarlierImage, Recipe
from scoredock.environment.key import environment_key
from scoredock.environment.sync import read_specification
from scoredock.environment.values import EnvironmentProblem, Specification, Strategy
from scoredock.folders import cache_folder
from scoredock.hosting.docker_base import about_base
from scoredock.l10n import deferred, t
from scoredock.progress import Progress, Step, silent
from scoredock.project.values import DockerBuild, Project

# What SDK v1 takes when nothing names an image (azureml-core, `azureml.core.environment.DEFAULT_CPU_IMAGE`).
DEFAULT_BASE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"
# Azure's own images are made for this platform only.
AZURE_PLATFORM = "linux/amd64"


@dataclass(frozen=True, slots=True)
class ImageEnvironment:
    """An environment's image on the engine. ``dockerfile`` is what made it, "" when the image was taken as it is."""

    image: str
    interpreter: PurePosixPath
    key: str
    variables: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    dockerfile: str = ""
    platform: str | None = None


GO_ONLINE = deferred("Go online once; everything after that works offline.")


async def environment_image(
    connection: Connection,
    project: Project,
    progress: Progress = silent,
    *,
    platform: str | None = None,
    offline: bool = False,
    listen: Callable[[str], object] = lambda _: None,
) -> ImageEnvironment:
    """Find the environment's image, or make it: pull the base image, resolve, build one layer; ``offline`` makes none. Raises
    EnvironmentProblem, EngineProblem. SCOREDOCK_BASE_IMAGE names another base image for all: a company's mirror of Azure's."""
    if isinstance(project.environment, DockerBuild):
        return await _own_dockerfile(connection, project.environment, progress, platform, listen)
    specification = read_specification(project.environment)
    managed = specification.interpreter is not None
    if managed:
        _check_image_named(project, specification)
    reference = os.environ.get("SCOREDOCK_BASE_IMAGE") or project.base_image or DEFAULT_BASE
    if offline and await beside(lambda _: find_image(connection, reference)) is None:
        raise EnvironmentProblem(t("The image {0} is not on this machine, and offline none is pulled.", reference), t(GO_ONLINE))
    image, platform = await _base(connection, reference, progress, platform)
    base = replace(await about_base(connection, reference, image, platform), user=image.user)
    if managed or (project.environment is None and project.base_image):
        return replace(_as_it_is(reference, image, base, platform), variables=specification.variables)
    builder = await beside(lambda _: builder_of(connection))
    known = _Known(specification, base, builder, platform)
    found = known.recall()
    if found is not None and await beside(lambda _: find_image(connection, found.image)) is not None:
        return found
    if offline:
        raise EnvironmentProblem(t("The environment's image is not on this machine, and offline none is built."), t(GO_ONLINE))
    recipe = await _recipe(connection, specification, base, builder, architecture=image.architecture, progress=progress)
    if builder == "classic":
        progress(
            Step(t("Building {0}", recipe.tag), t("by the classic builder: without BuildKit no download is kept between builds"))
        )
    if await beside(lambda _: find_image(connection, recipe.tag)) is None:
        await build_image(connection, order_of(recipe, platform), progress, listen, builder=builder)
    made = ImageEnvironment(
        recipe.tag,
        PurePosixPath(recipe.interpreter),
        recipe.key,
        specification.variables,
        recipe.notes,
        recipe.dockerfile,
        platform,
    )
    known.keep(made)
    return made


def order_of(recipe: Recipe, platform: str | None) -> BuildOrder:
    """A recipe in the engine's terms."""
    files = []
    for file in recipe.files:
        content = file.source if file.source is not None else (file.text or "").encode()
        files.append((PurePosixPath(file.name), content))
    return BuildOrder(
        recipe.dockerfile,
        recipe.tag,
        tuple(files),
        arguments=recipe.arguments,
        secrets=tuple((secret.id, secret.text) for secret in recipe.secrets),
        platform=platform,
    )


async def _recipe(
    connection: Connection,
    specification: Specification,
    base: BaseImage,
    builder: Builder,
    *,
    architecture: str,
    progress: Progress,
) -> Recipe:
    minor = image_python(specification, base)
    progress(Step(t("Resolving packages for the image")))
    lock = await image_lock(specification, minor, architecture=architecture, progress=progress)
    images = await beside(lambda _: images_labelled(connection, KEY_LABEL))
    earlier = tuple(EarlierImage(image.tags[0], image.labels) for image in images if image.tags)
    return image_recipe(
        specification, lock, base, python_version=minor, host=host_build(), buildkit=builder == "buildkit", earlier=earlier
    )


async def _base(connection: Connection, reference: str, progress: Progress, platform: str | None) -> tuple[Image, str | None]:
    """The base image and the platform it had to be pulled for. On Apple silicon Azure's images run emulated."""
    try:
        return await have_image(connection, reference, progress, platform=platform), platform
    except NoSuchPlatform:
        if platform is not None or connection.about.architecture == "amd64":
            raise
        progress(Step(t("Pulling {0}", reference), t("it is made for {0} only, and will run emulated", AZURE_PLATFORM)))
        return await have_image(connection, reference, progress, platform=AZURE_PLATFORM), AZURE_PLATFORM


def _as_it_is(reference: str, image: Image, base: BaseImage, platform: str | None) -> ImageEnvironment:
    """No conda file: the image is the environment, and has to have the server."""
    if base.server is None or base.python is None:
        raise EnvironmentProblem(
            t("The image {0} has no azureml-inference-server-http, and the deployment has no conda file.", reference),
            t("Add a conda_file to its environment, or name an image with the server."),
        )
    return ImageEnvironment(reference, PurePosixPath(base.python_path), image.id.removeprefix("sha256:")[:16], platform=platform)


def _check_image_named(project: Project, specification: Specification) -> None:
    """SDK v1's user-managed environments list no packages: in a container they are what the image has."""
    if project.base_image is None and not os.environ.get("SCOREDOCK_BASE_IMAGE"):
        raise EnvironmentProblem(
            t(
                "{0} leaves its packages to you (userManagedDependencies), and the deployment names no image that has them.",
                specification.path.name,
            ),
            t("Name the image, list the packages, or deploy with '--target process'."),
            place=specification.python_place,
        )


async def _own_dockerfile(
    connection: Connection, build: DockerBuild, progress: Progress, platform: str | None, listen: Callable[[str], object]
) -> ImageEnvironment:
    """The user's own Dockerfile. The engine's cache decides what is built again."""
    text = build.dockerfile.read_text(encoding="utf-8-sig")
    tag = f"scoredock/own:{hashlib.sha256(str(build.dockerfile).encode()).hexdigest()[:16]}"
    order = BuildOrder(text, tag, ((PurePosixPath("."), build.context),), platform=platform)
    image = await build_image(connection, order, progress, listen)
    base = await about_base(connection, tag, image, platform)
    return replace(_as_it_is(tag, image, base, platform), dockerfile=text)


async def image_of_dockerfile(connection: Connection, text: str, progress: Progress = silent) -> str:
    """Build a Dockerfile that copies nothing, and return the image's tag. The engine's cache decides what is built again."""
    tag = f"scoredock/own:{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    await build_image(connection, BuildOrder(text, tag, ()), progress)
    return tag


class _Known:
    """Which image a specification came to, so that the second deploy neither resolves nor reads anything."""

    def __init__(self, specification: Specification, base: BaseImage, builder: Builder, platform: str | None) -> None:
        parts = (environment_key(specification, Strategy.UV), base.digest, builder, str(host_build().index), str(platform))
        name = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]
        self._file = cache_folder() / "images" / f"{name}.json"
        self._variables = specification.variables

    def recall(self) -> ImageEnvironment | None:
        try:
            content = json.loads(self._file.read_bytes())
            return ImageEnvironment(
                image=content["image"],
                interpreter=PurePosixPath(content["interpreter"]),
                key=content["key"],
                variables=self._variables,
                notes=tuple(content["notes"]),
                dockerfile=content["dockerfile"],
                platform=content["platform"],
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, made: ImageEnvironment) -> None:
        content = {
            "image": made.image,
            "interpreter": str(made.interpreter),
            "key": made.key,
            "notes": made.notes,
            "dockerfile": made.dockerfile,
            "platform": made.platform,
        }
        self._file.parent.mkdir(parents=True, exist_ok=True)
        new = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        new.write_text(json.dumps(content), encoding="utf-8")
        new.replace(self._file)
