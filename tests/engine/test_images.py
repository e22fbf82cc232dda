"""Pulling from a real registry, with progress, and every way in which that fails."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest

from scoredock.engine import images
from scoredock.engine.connection import Connection
from scoredock.engine.images import Layers, NoSuchPlatform
from scoredock.engine.values import BuildOrder, ImageProblem
from scoredock.progress import Step

from .conftest import Registry, ThinLine

pytestmark = [pytest.mark.docker, pytest.mark.timeout(120)]


@pytest.fixture
def pushed(connection: Connection, registry: Registry, slow_registry: str) -> Iterator[str]:
    """An image of about 8 MB that is in the registry and not on the engine; it takes about a second to arrive."""
    from scoredock.engine import builds

    name = f"azureml/small-{uuid.uuid4().hex[:8]}:20260101"
    there = f"{registry.host}/{name}"
    files = ((PurePosixPath("noise"), os.urandom(8_000_000)),)
    order = BuildOrder("FROM scratch\nCOPY noise /noise\nENV WHO=me\n", there, files, (("k", name),))
    # BuildKit would keep the layer in its cache, and the pull would find it there.
    asyncio.run(builds.build_image(connection, order, builder="classic"))
    for event in connection.api.push(there, stream=True, decode=True):
        assert "error" not in event, event
    connection.client.images.remove(there, force=True)
    yield f"{slow_registry}/{name}"
    images.remove_image(connection, f"{slow_registry}/{name}")


def test_a_pull_reports_bytes_and_brings_the_image(connection: Connection, pushed: str) -> None:
    steps: list[Step] = []
    image = asyncio.run(images.have_image(connection, pushed, steps.append))
    assert image.tags == (pushed,)
    assert ("WHO", "me") in image.environment and dict(image.labels)["k"] in pushed
    assert {step.title for step in steps} == {f"Pulling {pushed}"}
    assert steps[-1].done == steps[-1].total and (steps[-1].total or 0) > 7_000_000
    assert all((step.done or 0) <= (step.total or 0) for step in steps)
    steps.clear()
    assert asyncio.run(images.have_image(connection, pushed, steps.append)) == image
    assert not steps, "an image that is there is not pulled"


def test_a_cancelled_pull_leaves_no_image_and_can_be_done_again(connection: Connection, registry: Registry, pushed: str) -> None:
    async def cancel_at_the_first_byte(reference: str) -> None:
        began = asyncio.Event()
        pulling = asyncio.ensure_future(
            images.pull(connection, reference, lambda step: began.set() if step.done is not None else None)
        )
        await asyncio.wait_for(began.wait(), 30)
        pulling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await pulling

    with ThinLine(registry.host, 400_000) as line:  # it would take 20 s
        reference = f"{line.host}/{pushed.partition('/')[2]}"
        asyncio.run(cancel_at_the_first_byte(reference))
        assert images.find_image(connection, reference) is None
    assert asyncio.run(images.have_image(connection, pushed)).tags == (pushed,)


def test_an_image_that_does_not_exist(connection: Connection, registry: Registry) -> None:
    with pytest.raises(ImageProblem, match=r"There is no image .*/azureml/nothing:1"):
        asyncio.run(images.pull(connection, f"{registry.host}/azureml/nothing:1"))


def test_a_registry_that_does_not_answer(connection: Connection) -> None:
    with pytest.raises(ImageProblem, match=r"registry of 127\.0\.0\.1:1/x cannot be reached"):
        asyncio.run(images.pull(connection, "127.0.0.1:1/x"))


def test_a_platform_that_the_registry_does_not_have(connection: Connection, pushed: str) -> None:
    mine = connection.about.architecture
    other = "arm64" if mine == "amd64" else "amd64"
    with pytest.raises(ImageProblem, match=f"linux/{other}"):
        asyncio.run(images.have_image(connection, pushed, platform=f"linux/{other}"))
    assert asyncio.run(images.have_image(connection, pushed, platform=f"linux/{mine}")).architecture == mine


def test_how_engines_say_that_a_platform_is_missing(connection: Connection, pushed: str) -> None:
    problem = images._pull_failed("x:1", None, "no matching manifest for linux/arm64/v8 in the manifest list entries", connection)
    assert isinstance(problem, NoSuchPlatform)
    assert connection.about.architecture in problem.what


def test_find_and_remove(connection: Connection, pushed: str) -> None:
    assert images.find_image(connection, pushed) is None
    assert not images.remove_image(connection, pushed)
    asyncio.run(images.pull(connection, pushed))
    assert images.images_labelled(connection, f"k={pushed.partition('/')[2]}")
    assert images.remove_image(connection, pushed)
    assert images.find_image(connection, pushed) is None


def test_layers_add_up() -> None:
    layers = Layers()
    assert not layers.take({"status": "Pulling from x", "id": "1.0"})
    assert not layers.take({"status": "Pulling fs layer", "id": "a"})
    assert layers.take({"status": "Downloading", "id": "a", "progressDetail": {"current": 10, "total": 100}})
    assert layers.take({"status": "Downloading", "id": "b", "progressDetail": {"current": 5, "total": 50}})
    assert (layers.done, layers.total) == (15, 150)
    assert layers.take({"status": "Download complete", "id": "b"})
    assert (layers.done, layers.total) == (60, 150)
    assert layers.take({"status": "Extracting", "id": "a", "progressDetail": {"current": 1, "total": 100}})
    assert layers.phase == "unpacking"
    assert not layers.take({"status": "Digest: sha256:0"})
