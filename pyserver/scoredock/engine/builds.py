"""Building an image: BuildKit where it can be had, else the classic builder; whoever asks is told which."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from scoredock.engine import buildkit, classic
from scoredock.engine.background import beside
from scoredock.engine.command_line import with_buildkit
from scoredock.engine.connection import Connection
from scoredock.engine.images import find_image
from scoredock.engine.values import BuildFailed, BuildOrder, Image
from scoredock.l10n import t
from scoredock.progress import Progress, silent

Builder = Literal["buildkit", "classic"]


def builder_of(connection: Connection) -> Builder:
    """Which builder a build will use; a Dockerfile may have cache and secret mounts for BuildKit only. Blocking."""
    # Podman's socket answers the classic call with its own builder, and does not speak BuildKit's protocol.
    return "buildkit" if connection.about.product == "Docker" and with_buildkit() else "classic"


async def build_image(
    connection: Connection,
    order: BuildOrder,
    progress: Progress = silent,
    listen: Callable[[str], object] = lambda _: None,
    *,
    builder: Builder | None = None,
) -> Image:
    """Build an image and return it. Raises `BuildFailed` with the last lines, `EngineAbsent` when the engine went away."""
    chosen = builder or await beside(lambda _: builder_of(connection))
    command = await beside(lambda _: with_buildkit()) if chosen == "buildkit" else None
    if command is not None:
        await buildkit.build(connection, command, order, progress, listen)
    else:
        await classic.build(connection, order, progress, listen)
    image = await beside(lambda _: find_image(connection, order.tag))
    if image is None:
        raise BuildFailed(t("The build of {0} ended well, but the engine does not have the image.", order.tag), t("Try again."))
    return image
