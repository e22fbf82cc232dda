"""Images on the engine: looked up, pulled with progress, removed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from scoredock.engine.background import Job, beside
from scoredock.engine.connection import Connection, closed_on_stop, saying_plainly
from scoredock.engine.values import ContainerGone, EngineProblem, Image, ImageProblem
from scoredock.l10n import t
from scoredock.progress import Progress, Step, silent


def find_image(connection: Connection, reference: str) -> Image | None:
    """The image of this name or id, if the engine has it. Blocking."""
    try:
        with saying_plainly(connection.address):
            return _image(connection.api.inspect_image(reference))
    except ContainerGone:
        return None


def images_labelled(connection: Connection, label: str) -> tuple[Image, ...]:
    """All images that carry the label (``name`` or ``name=value``). Blocking."""
    with saying_plainly(connection.address):
        found = connection.api.images(filters={"label": label})
        return tuple(_image(connection.api.inspect_image(each["Id"])) for each in found)


def remove_image(connection: Connection, reference: str) -> bool:
    """Remove an image; False when there is none. Blocking. Raises `ImageProblem` while a container uses it."""
    try:
        with saying_plainly(connection.address):
            connection.api.remove_image(reference)
    except ContainerGone:
        return False
    except EngineProblem as problem:
        raise ImageProblem(t("The image {0} cannot be removed.", reference), str(problem)) from problem
    return True


async def have_image(
    connection: Connection, reference: str, progress: Progress = silent, *, platform: str | None = None
) -> Image:
    """The image, pulled if the engine does not have it. Progress counts bytes over all layers."""
    image = await beside(lambda _: find_image(connection, reference))
    wanted = platform.split("/")[1] if platform is not None else None
    if image is None or wanted not in (None, image.architecture):
        image = await pull(connection, reference, progress, platform=platform)
        if wanted not in (None, image.architecture):
            # Of an image that exists for one platform only, Docker brings that one whatever was asked for.
            raise _pull_failed(reference, platform, "no matching manifest", connection)
    return image


async def pull(connection: Connection, reference: str, progress: Progress = silent, *, platform: str | None = None) -> Image:
    """Pull an image from its registry, with the credentials that `docker login` left. Cancelling stops the engine's download."""
    return await beside(lambda job: _pull(connection, reference, platform, job), progress)


def _pull(connection: Connection, reference: str, platform: str | None, job: Job) -> Image:
    from docker.utils import parse_repository_tag

    repository, tag = parse_repository_tag(reference)
    title = t("Pulling {0}", reference)
    job.report(Step(title))
    layers = Layers()
    try:
        with closed_on_stop(connection, job) as api:
            events = api.pull(repository, tag=tag or "latest", stream=True, decode=True, platform=platform)
            try:
                for event in events:
                    if "error" in event:
                        raise _pull_failed(reference, platform, str(event["error"]), connection)
                    if layers.take(event):
                        job.report(Step(title, layers.phase, done=layers.done, total=layers.total, unit="bytes"))
            finally:
                events.close()
    except ImageProblem:
        raise
    except (ContainerGone, EngineProblem) as problem:
        if type(problem) not in (ContainerGone, EngineProblem):
            raise
        raise _pull_failed(reference, platform, problem.what, connection) from problem
    image = find_image(connection, reference)
    if image is None:
        raise ImageProblem(t("The image {0} is not on the engine after pulling it.", reference), t("Pull it again."))
    return image


class Layers:
    """Adds up a pull: the engine reports each layer alone, and learns of their sizes as it goes."""

    def __init__(self) -> None:
        self._sizes: dict[str, int] = {}
        self._done: dict[str, int] = {}
        self.phase = ""

    @property
    def done(self) -> int:
        return sum(self._done.values())

    @property
    def total(self) -> int:
        return sum(self._sizes.values())

    def take(self, event: dict[str, Any]) -> bool:
        """Take one event of the engine; True when there is something new to show."""
        layer, status = event.get("id"), str(event.get("status", ""))
        if layer is None:
            return False
        detail = event.get("progressDetail") or {}
        if status == "Downloading" and detail.get("total"):
            self._sizes[layer] = int(detail["total"])
            self._done[layer] = int(detail.get("current", 0))
        elif status in ("Download complete", "Pull complete", "Already exists"):
            self._done[layer] = self._sizes.get(layer, 0)
        elif status not in ("Extracting", "Verifying Checksum"):
            return False
        self.phase = {"Downloading": t("downloading"), "Extracting": t("unpacking")}.get(status, self.phase)
        return bool(self._sizes)


def _pull_failed(reference: str, platform: str | None, text: str, connection: Connection) -> ImageProblem:
    lower = text.lower()
    if "no matching manifest" in lower or "does not match the specified platform" in lower:
        wanted = platform or f"linux/{connection.about.architecture}"
        return NoSuchPlatform(
            t("The image {0} has no build for {1}.", reference, wanted),
            t("Name another platform, for Azure's images linux/amd64."),
        )
    if "unauthorized" in lower or "denied" in lower or "authentication required" in lower:
        return ImageProblem(
            t("The registry does not hand out {0}: it does not exist there, or you are not logged in.", reference),
            t("Check the name, or run `docker login {0}`.", reference.partition("/")[0]),
            details=text,
        )
    if "not found" in lower or "manifest unknown" in lower:
        return ImageProblem(t("There is no image {0}.", reference), t("Check its name and tag."), details=text)
    if any(
        sign in lower
        for sign in ("no such host", "connection refused", "i/o timeout", "timeout exceeded", "unreachable", "dial tcp")
    ):
        return ImageProblem(
            t("The registry of {0} cannot be reached.", reference),
            t("Check the network, or name a base image that the engine has already."),
            details=text,
        )
    if "no space left" in lower:
        return ImageProblem(
            t("The engine's disk is full: {0} does not fit.", reference),
            t("Free room with `docker system df` and `docker system prune`."),
            details=text,
        )
    return ImageProblem(t("Pulling {0} failed: {1}", reference, text), t("Try `docker pull` by hand to see more."))


class NoSuchPlatform(ImageProblem):
    """The registry has the image, but not for the platform that was asked for."""


def _image(raw: dict[str, Any]) -> Image:
    configuration = raw.get("Config") or {}
    return Image(
        id=raw["Id"],
        tags=tuple(raw.get("RepoTags") or ()),
        size=int(raw.get("Size") or 0),
        architecture=str(raw.get("Architecture", "")),
        environment=_pairs(configuration.get("Env") or ()),
        labels=tuple(sorted((configuration.get("Labels") or {}).items())),
        user=str(configuration.get("User") or ""),
    )


def _pairs(lines: Iterable[str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, _, value in (line.partition("=") for line in lines))
