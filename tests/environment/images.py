"""Builds images of environments with the real engine, and asks what is in them."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace
from pathlib import PurePosixPath

from scoredock.engine import builds
from scoredock.engine.builds import Builder
from scoredock.engine.connection import Connection
from scoredock.engine.values import BuildFailed, BuildOrder
from scoredock.environment.image_values import Recipe

# What must not stay in an image.
LEFT = (
    *("/run/scoredock-index", "/run/scoredock-certificates", "/opt/scoredock/context", "/opt/scoredock/changes"),
    *("/opt/scoredock/gone", "/opt/scoredock/before.json", "/tmp/uv"),  # noqa: S108  # a place inside the image
)
PREFIX = f"scoredock-test-{uuid.uuid4().hex[:8]}"


def build(connection: Connection, recipe: Recipe, builder: Builder) -> Recipe:
    files = [(PurePosixPath(file.name), file.source or (file.text or "").encode()) for file in recipe.files]
    made = replace(recipe, tag=f"{PREFIX}:{recipe.key}")
    secrets = tuple((secret.id, secret.text) for secret in recipe.secrets)
    order = BuildOrder(recipe.dockerfile, made.tag, tuple(files), arguments=recipe.arguments, secrets=secrets)
    try:
        asyncio.run(builds.build_image(connection, order, builder=builder))
    except BuildFailed as failed:
        # The error leaves its reasons to whoever shows the log: without them, a failure of a far machine says nothing.
        raise AssertionError(f"{failed}\n{failed.details}") from failed
    return made


def run(connection: Connection, recipe: Recipe, code: str) -> str:
    said: bytes = connection.client.containers.run(recipe.tag, [recipe.interpreter, "-c", code], remove=True)
    return said.decode().strip()
