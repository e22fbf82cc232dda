"""A service in a container against what people do by hand, and against the steps of the official local endpoint.

Both stand on the same small base image (SCOREDOCK_TEST_BASE_IMAGE; `.ci/make-base-image` makes it). It has no conda, so the
official tool's `conda env create` is a venv and pip there, which flatters it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import time
import urllib.error
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from scoredock.engine.command_line import with_buildkit
from scoredock.hosting import services
from scoredock.hosting.docker_image import ImageEnvironment
from scoredock.hosting.docker_package import order_of
from scoredock.hosting.values import Service
from scoredock.project.values import CondaFile
from tests.bench.load import measure
from tests.bench.rounds import Contestants, Row
from tests.bench.sample import Edits, Sample, post, sample
from tests.bench.saving import save_update_answer

NAME = "scoredock-bench-docker"
# azure-ai-ml, `_local_endpoints/docker_client.py`: it sleeps that long after starting the container, whatever happens in it.
FIXED_WAIT = 15.0


def on_test_base(ready: Sample) -> Sample:
    return replace(ready, project=replace(ready.project, base_image=os.environ["SCOREDOCK_TEST_BASE_IMAGE"]))


@contextmanager
def in_docker() -> Iterator[tuple[Sample, Service, ImageEnvironment]]:
    """The sample, running in a container, and the image of its environment."""
    with sample() as plain:
        ready = on_test_base(plain)
        environment = asyncio.run(services.docker_environment(ready.project))
        try:
            yield ready, asyncio.run(services.deploy(ready.project, target="docker", name=NAME)), environment
        finally:
            asyncio.run(services.stop(NAME))


@dataclass
class ByHand:
    """`docker build && docker run`, then requests until one is answered."""

    folder: Path
    dockerfile: str
    wait: float = 0.0

    def __post_init__(self) -> None:
        self.tag = f"scoredock-bench-{uuid.uuid4().hex[:8]}"
        self.port = 0
        (self.folder / "Dockerfile").write_text(self.dockerfile)

    def docker(self, *arguments: str) -> str:
        command = [str(with_buildkit() or "docker"), *arguments]
        environment = {**os.environ, "DOCKER_BUILDKIT": "1"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, stdin=subprocess.DEVNULL)
        assert done.returncode == 0 or arguments[0] in ("rm", "rmi"), done.stderr[-2000:]
        return done.stdout.strip()

    def build_run_answer(self, request: Path, *more: str) -> bytes:
        self.docker("build", "--quiet", "--tag", self.tag, str(self.folder))
        self.docker("rm", "--force", self.tag)
        self.docker("run", "--detach", "--name", self.tag, "--publish", "127.0.0.1::5001", *more, self.tag)
        time.sleep(self.wait)
        self.port = int(self.docker("port", self.tag, "5001/tcp").rpartition(":")[2])
        limit = time.monotonic() + 120
        while True:
            try:
                return post(self.port, request)
            except OSError as error:
                if isinstance(error, urllib.error.HTTPError) or time.monotonic() > limit:
                    raise
                time.sleep(0.005)

    def end(self) -> None:
        self.docker("rm", "--force", self.tag)
        self.docker("rmi", "--force", self.tag)


def packaged(ready: Sample, environment: ImageEnvironment, wait: float = 0.0) -> ByHand:
    """The Dockerfile of `scoredock package`, written out: the best layers that we know of."""
    order = order_of(ready.project, environment, "unused")
    folder = ready.script.parent.parent / f"context-{uuid.uuid4().hex[:8]}"
    for inside, source in order.files:
        (folder / inside).parent.mkdir(parents=True, exist_ok=True)
        assert isinstance(source, Path)
        shutil.copy2(source, folder / inside)
    return ByHand(folder, order.dockerfile, wait)


@contextmanager
def save_to_answer(*, wait: float | None) -> Iterator[Contestants]:
    """Seconds from a saved edit to the first answer of the new code."""
    with in_docker() as (ready, service, environment):
        edits = Edits(ready.script)
        ours = save_update_answer(ready, service, edits)

        if wait is None:
            yield Contestants(ours)
            return
        hand = packaged(ready, environment, wait)

        def again() -> float:
            expected = edits.save()
            shutil.copy2(ready.script, hand.folder / "code" / "score.py")
            started = time.perf_counter()
            answer = hand.build_run_answer(ready.request)
            spent = time.perf_counter() - started
            assert expected in answer, answer
            return spent

        try:
            yield Contestants(ours, again)
        finally:
            hand.end()


@contextmanager
def under_load() -> Iterator[Contestants]:
    """Answers per second, against the official launcher in a container of the same environment."""
    with in_docker() as (ready, service, environment):
        plain = packaged(ready, environment)
        plain.build_run_answer(ready.request)
        try:
            yield Contestants(lambda: measure(service.port, ready.request).rate, lambda: measure(plain.port, ready.request).rate)
        finally:
            plain.end()


@contextmanager
def second_deploy() -> Iterator[Contestants]:
    """Seconds that a deploy takes beyond the start of a plain container of the same image and the script's own start in it."""
    with in_docker() as (ready, _service, environment):
        asyncio.run(services.stop(NAME))
        plain = packaged(ready, environment)

        def beyond() -> float:
            started = time.perf_counter()
            plain.build_run_answer(ready.request)
            floor = time.perf_counter() - started
            started = time.perf_counter()
            again = asyncio.run(services.deploy(ready.project, target="docker", name=NAME))
            post(again.port, ready.request)
            spent = time.perf_counter() - started
            asyncio.run(services.stop(NAME))
            return spent - floor

        try:
            yield Contestants(beyond)
        finally:
            plain.end()
            asyncio.run(services.deploy(ready.project, target="docker", name=NAME))


@contextmanager
def first_deploy() -> Iterator[Contestants]:
    """Seconds from a base image to the first answer. Every round has a base of its own, so that no layer is found; what uv
    has downloaded is kept between ours, as it is for a user's second project."""
    with sample() as ready:
        assert isinstance(ready.project.environment, CondaFile)
        definition = yaml.safe_load(ready.project.environment.path.read_text(encoding="utf-8"))
        pip = next(item["pip"] for item in definition["dependencies"] if isinstance(item, dict))
        bases: list[str] = []

        def base() -> str:
            folder = ready.script.parent.parent / "base"
            folder.mkdir(exist_ok=True)
            # A file, not a label: with the same layers below them BuildKit would find those of the round before.
            text = f"FROM {os.environ['SCOREDOCK_TEST_BASE_IMAGE']}\nRUN echo {uuid.uuid4().hex} > /round\n"
            made = ByHand(folder, text)
            made.docker("build", "--quiet", "--tag", made.tag, str(folder))
            bases.append(made.tag)
            return made.tag

        def ours() -> float:
            project = replace(ready.project, base_image=base())
            started = time.perf_counter()
            service = asyncio.run(services.deploy(project, target="docker", name=NAME))
            post(service.port, ready.request)
            spent = time.perf_counter() - started
            asyncio.run(services.stop(NAME))
            return spent

        def official() -> float:
            folder = ready.script.parent.parent / "official"
            folder.mkdir(exist_ok=True)
            (folder / "requirements.txt").write_text("\n".join(pip))
            made = "python3 -m venv /env && /env/bin/pip install -q -r requirements.txt"
            lines = (f"FROM {base()}", "RUN mkdir -p /var/azureml-app/", "WORKDIR /var/azureml-app/", "COPY requirements.txt .")
            script = '"/env/bin/azmlinfsrv", "--entry_script", "/var/azureml-app/code/score.py"'
            hand = ByHand(folder, "\n".join((*lines, f"RUN {made}", f"CMD [{script}]", "")), FIXED_WAIT)
            model = ready.project.models[0].source
            assert model
            mounted = ("--volume", f"{ready.project.code}:/var/azureml-app/code", "--volume", f"{model.parent}:/models")
            started = time.perf_counter()
            hand.build_run_answer(ready.request, *mounted, "--env", "AZUREML_MODEL_DIR=/models")
            spent = time.perf_counter() - started
            hand.end()
            return spent

        try:
            yield Contestants(ours, official)
        finally:
            for tag in bases:
                subprocess.run(["docker", "rmi", "--force", tag], capture_output=True, check=False)


ROWS = [
    Row("container: save to new answer", "s", lambda: save_to_answer(wait=None), bar=0.2, rounds=25),
    Row(
        "container: save to new answer, against build and run",
        "s",
        lambda: save_to_answer(wait=0.0),
        bar=1 / 25,
        rounds=10,
        peer="docker build && docker run + first answer",
    ),
    Row(
        "container: save to new answer, against the official local endpoint",
        "s",
        lambda: save_to_answer(wait=FIXED_WAIT),
        bar=1 / 25,
        rounds=3,
        peer="its steps: build, run, 15 s, answer",
    ),
    Row(
        "container: requests per second",
        "/s",
        under_load,
        bar=0.97,
        at_most=False,
        rounds=10,
        peer="azmlinfsrv in a container of the same image",
    ),
    Row("container: second deploy, beyond start and init", "s", second_deploy, bar=1.0, rounds=8),
    Row(
        "container: first deploy",
        "s",
        first_deploy,
        bar=1.0,
        rounds=3,
        peer="the official steps: build with pip, run, 15 s, answer",
    ),
]
