"""Images of environments, built by the real engine: what runs in them, and what is not left in them."""

from __future__ import annotations

import asyncio
import os
import uuid
from dataclasses import replace

import pytest

from scoredock.engine.builds import Builder
from scoredock.engine.connection import Connection
from scoredock.engine.images import find_image
from scoredock.environment.image import image_recipe
from scoredock.environment.image_host import host_build, image_lock, image_python
from scoredock.environment.image_values import BaseImage, EarlierImage, Recipe
from scoredock.environment.lock_text import Resolved
from scoredock.environment.values import Specification
from scoredock.hosting.installed import installed_in
from scoredock.hosting.values import Service, State

from .images import LEFT, build, run

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def base(connection: Connection) -> BaseImage:
    reference = os.environ["SCOREDOCK_TEST_BASE_IMAGE"]
    said = connection.client.containers.run(
        reference, ["python3", "-c", "import sys; print(sys.executable, '%d.%d.%d' % sys.version_info[:3])"], remove=True
    )
    path, version = said.decode().split()
    # A digest of its own for each test: images of other runs are not to be built upon.
    return BaseImage(reference, digest=uuid.uuid4().hex, python=version, python_path=path)


def resolve(specification: Specification, base: BaseImage) -> tuple[Resolved, ...]:
    return asyncio.run(image_lock(specification, image_python(specification, base)))


@pytest.mark.parametrize("builder", ["buildkit", "classic"])
def test_an_image_has_the_packages_and_keeps_no_secret(conda, connection, base: BaseImage, builder: Builder) -> None:
    specification = conda("six==1.16.0", python=f"python={'.'.join((base.python or '').split('.')[:2])}")
    lock = resolve(specification, base)
    index = (*host_build().index, ("UV_CUSTOM_NOTE", "hunter2"))
    host = replace(host_build(), index=index)
    recipe = image_recipe(specification, lock, base, python_version=base.python or "", host=host, buildkit=builder == "buildkit")
    made = build(connection, recipe, builder)
    code = "import six, azureml_inference_server_http, sys; print(six.__version__, sys.prefix)"
    assert run(connection, made, code) == "1.16.0 /opt/scoredock/env"
    compiled = "import six, importlib.util as u, os; print(os.path.exists(u.cache_from_source(six.__file__)))"
    assert run(connection, made, compiled) == "True"
    image = find_image(connection, made.tag)
    assert image is not None
    assert dict(image.labels)["scoredock.environment"] == recipe.key
    assert "six==1.16.0" in dict(image.labels)["scoredock.packages"]
    service = Service("s", "docker", State.HEALTHY, 1, specification.path, specification.path, recipe.key, 0.0, "x")
    assert asyncio.run(installed_in(service))["six"] == "1.16.0"
    left = f"import os; print([path for path in {LEFT!r} if os.path.isfile(path) or os.path.isdir(path) and os.listdir(path)])"
    assert run(connection, made, left) == "[]"
    history = str(connection.client.images.get(made.tag).history()) + str(image)
    assert "hunter2" not in history


@pytest.mark.parametrize("builder", ["buildkit", "classic"])
def test_a_changed_pin_adds_a_small_layer(conda, connection, base: BaseImage, builder: Builder) -> None:
    minor = f"python={'.'.join((base.python or '').split('.')[:2])}"
    host = host_build()

    def recipe(version: str, earlier: tuple[EarlierImage, ...]) -> Recipe:
        specification = conda(f"six=={version}", python=minor)
        lock = resolve(specification, base)
        return image_recipe(
            specification,
            lock,
            base,
            python_version=base.python or "",
            host=host,
            buildkit=builder == "buildkit",
            earlier=earlier,
        )

    first = build(connection, recipe("1.16.0", ()), builder)
    image = find_image(connection, first.tag)
    assert image is not None
    second = build(connection, recipe("1.15.0", (EarlierImage(first.tag, image.labels),)), builder)
    assert run(connection, second, "import six, flask; print(six.__version__)") == "1.15.0"
    installed = "import importlib.metadata as m; print(*sorted(d.version for d in m.distributions() if d.name == 'six'))"
    assert run(connection, second, installed) == "1.15.0", "of the version before nothing is left"
    left = f"import os; print([path for path in {LEFT!r} if os.path.exists(path) and (os.path.isfile(path) or os.listdir(path))])"
    assert run(connection, second, left) == "[]"
    grown = find_image(connection, second.tag)
    assert grown is not None
    assert grown.size - image.size < image.size / 20
