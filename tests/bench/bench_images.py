"""Images of environments: built again after one pin has changed, against a build from nothing but the base image.

Every build from nothing has a base of its own, so that no layer is found. What BuildKit has downloaded before stays in its
cache, which flatters the build from nothing.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from docker.errors import APIError

from scoredock.engine.builds import Builder, build_image
from scoredock.engine.connection import connect
from scoredock.engine.images import find_image
from scoredock.environment.image import image_recipe
from scoredock.environment.image_host import host_build, image_lock, image_python
from scoredock.environment.image_values import BaseImage, EarlierImage
from scoredock.environment.reading import read_environment_file
from scoredock.hosting.docker_image import order_of
from tests.bench.bench_docker import ByHand
from tests.bench.bench_environment import PACKAGES, folder_for_all
from tests.bench.rounds import Contestants, Row

# Each round changes to another one: a version built before would be found.
VERSIONS = ("1.4.0", "1.3.2", "1.3.1", "1.3.0", "1.2.0", "1.1.1")


@contextmanager
def changed_pin(builder: Builder) -> Iterator[Contestants]:
    connection = connect()
    reference = os.environ["SCOREDOCK_TEST_BASE_IMAGE"]
    said = connection.client.containers.run(
        reference, ["python3", "-c", "import sys; print(sys.executable, '%d.%d.%d' % sys.version_info[:3])"], remove=True
    )
    path, version = said.decode().split()
    tags: list[str] = []
    with folder_for_all() as folder:

        def base() -> BaseImage:
            text = f"FROM {reference}\nLABEL round={uuid.uuid4().hex}\n"
            (folder / "base").mkdir(exist_ok=True)
            hand = ByHand(folder / "base", text)
            hand.docker("build", "--quiet", "--tag", hand.tag, str(hand.folder))
            tags.append(hand.tag)
            return BaseImage(hand.tag, digest=hand.tag, python=version, python_path=path)

        def build(joblib: str, on: BaseImage, earlier: tuple[EarlierImage, ...] = ()) -> tuple[str, float]:
            lines = (*(line for line in PACKAGES if not line.startswith("joblib")), f"joblib=={joblib}")
            file = Path(folder / f"{joblib}.yml")
            file.write_text(f"dependencies: [python={version.rpartition('.')[0]}, pip, {{pip: [{', '.join(lines)}]}}]\n")
            specification = read_environment_file(file)
            minor = image_python(specification, on)
            lock = asyncio.run(image_lock(specification, minor))
            recipe = image_recipe(
                specification,
                lock,
                on,
                python_version=minor,
                host=host_build(),
                buildkit=builder == "buildkit",
                earlier=earlier,
            )
            tag = f"scoredock-bench:{uuid.uuid4().hex[:12]}"
            started = time.perf_counter()
            asyncio.run(build_image(connection, order_of(replace(recipe, tag=tag), None), builder=builder))
            tags.append(tag)
            return tag, time.perf_counter() - started

        own = base()
        first, _ = build("1.4.2", own)
        image = find_image(connection, first)
        assert image
        earlier = (EarlierImage(first, image.labels),)
        versions = itertools.cycle(VERSIONS)
        try:
            yield Contestants(lambda: build(next(versions), own, earlier)[1], lambda: build("1.4.2", base())[1])
        finally:
            for tag in reversed(tags):
                try:
                    connection.client.images.remove(tag, force=True)
                except APIError:
                    continue
            connection.close()


ROWS = [
    Row(
        f"image: built again after one changed pin ({builder})",
        "s",
        lambda builder=builder: changed_pin(builder),  # type: ignore[misc]
        bar=1 / 4,
        rounds=3,
        warm_up=0,
        peer="a build from the base image",
    )
    for builder in ("classic", "buildkit")
]
