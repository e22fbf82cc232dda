"""A base image out of the user's own Dockerfile."""

from __future__ import annotations

from dataclasses import replace

from scoredock.progress import Progress
from scoredock.project.values import Project


async def on_own_base(project: Project, dockerfile: str | None, progress: Progress) -> Project:
    """``project`` on the image that a Dockerfile makes; without one as it is. Packages come on top, where there are any."""
    if dockerfile is None:
        return project
    from scoredock.engine.background import beside
    from scoredock.engine.connection import connect
    from scoredock.hosting.docker_image import image_of_dockerfile

    connection = await beside(lambda _: connect())
    try:
        return replace(project, base_image=await image_of_dockerfile(connection, dockerfile, progress))
    finally:
        connection.close()
