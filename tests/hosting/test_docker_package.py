"""The self-contained image: it answers by itself, with nothing mounted and nothing of ours in it."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
import requests
from tests.hosting.kit import until

from scoredock.engine import containers, images
from scoredock.engine.background import beside
from scoredock.engine.connection import Connection, connect
from scoredock.engine.values import ContainerOrder
from scoredock.hosting import docker_package
from scoredock.hosting.values import ServiceProblem
from scoredock.project.values import ModelMount, Project, RequirementsFile, Source

pytestmark = [pytest.mark.docker, pytest.mark.timeout(180)]

SCRIPT = """\
import os
import helper

def init():
    global words
    with open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "words.txt")) as file:
        words = file.read()

def run(raw_data):
    return {"words": words, "helper": helper.WORD, "value": os.environ["VALUE"], "data": raw_data}
"""


@pytest.fixture
def connection() -> Iterator[Connection]:
    found = connect()
    yield found
    found.close()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    folder = tmp_path / "digits"
    (folder / "model").mkdir(parents=True)
    (folder / "score.py").write_text(SCRIPT)
    (folder / "helper.py").write_text("WORD = 'one'\n")
    (folder / "model" / "words.txt").write_text("of the model")
    (folder / ".env").write_text("PASSWORD=hush")
    (folder / ".gitignore").write_text(".env\n")
    (folder / "requirements.txt").write_text("azureml-inference-server-http\n")
    return Project(
        file=folder / "deployment.yml",
        source=Source.DEPLOYMENT,
        name="digits",
        code=folder,
        entry_script=folder / "score.py",
        models=(ModelMount(folder / "model" / "words.txt", PurePosixPath("words.txt"), name="words", version="2"),),
        environment=RequirementsFile(folder / "requirements.txt"),
        base_image=os.environ.get("SCOREDOCK_TEST_BASE_IMAGE"),
        environment_variables=(("VALUE", 'a "quoted" $HOME \\ value'),),
    )


@pytest.fixture
def tag(connection: Connection) -> Iterator[str]:
    name = f"scoredock-test-{uuid.uuid4().hex[:12]}:1"
    yield name
    images.remove_image(connection, name)


async def test_the_image_answers_by_itself_and_holds_nothing_else(
    connection: Connection, project: Project, tag: str, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    made = await docker_package.package(project, tag=tag, keep=kept)
    image = await beside(lambda _: images.find_image(connection, tag))
    assert image is not None and made.size == image.size and docker_package.LABEL in dict(image.labels)
    assert (kept / "Dockerfile").read_text() == made.dockerfile and "FROM " in (kept / "Dockerfile.environment").read_text()
    order = made.dockerfile
    assert order.index("models/0") < order.index('COPY ["code"'), "code changes more often than models"
    container = await beside(lambda _: start_as_it_is(connection, tag))
    try:
        uri = f"http://127.0.0.1:{container.host_port}"
        await until(lambda: answers(uri), 60)
        answer = (await asyncio.to_thread(requests.post, f"{uri}/score", "x", timeout=60)).json()
        assert answer == {"words": "of the model", "helper": "one", "value": 'a "quoted" $HOME \\ value', "data": "x"}
        listed = await beside(
            lambda _: containers.execute(
                connection, container.id, ("find", "/var/azureml-app", "/opt/scoredock", "-maxdepth", "2")
            )
        )
        text = listed.output.decode()
        assert "/var/azureml-app/digits/score.py" in text
        assert ".env" not in text.replace("/opt/scoredock/env", "") and "runtime" not in text
        assert "/var/azureml-app/digits/model/words.txt" not in text, "the model is in its own layer only"
        debugger = await beside(
            lambda _: containers.execute(connection, container.id, ("/opt/scoredock/env/bin/python", "-c", "import debugpy"))
        )
        assert debugger.code != 0
    finally:
        await beside(lambda _: containers.remove(connection, container.id))


def start_as_it_is(connection: Connection, tag: str) -> containers.Container:
    """As `docker run -p` would, with the image's own command."""
    command = tuple(connection.api.inspect_image(tag)["Config"]["Cmd"])
    made = containers.create(connection, ContainerOrder(tag, f"scoredock-test-{uuid.uuid4().hex[:12]}", command, inner_port=5001))
    return containers.start(connection, made.id)


def answers(uri: str) -> bool:
    try:
        return requests.get(uri, timeout=2).text == "Healthy"
    except requests.RequestException:
        return False


async def test_an_edit_of_the_code_changes_one_layer(connection: Connection, project: Project, tag: str) -> None:
    def layers() -> list[str]:
        found: list[str] = connection.api.inspect_image(tag)["RootFS"]["Layers"]
        return found

    await docker_package.package(project, tag=tag)
    before = await asyncio.to_thread(layers)
    (project.code / "helper.py").write_text("WORD = 'two'\n")
    await docker_package.package(project, tag=tag)
    after = await asyncio.to_thread(layers)
    assert after[:-1] == before[:-1] and after[-1] != before[-1]


async def test_a_model_that_is_not_here_is_said(project: Project) -> None:
    far = ModelMount(None, PurePosixPath("x"), reference="azureml:far:1", name="far")
    with pytest.raises(ServiceProblem, match="azureml:far:1 is not on this machine"):
        await docker_package.package(replace(project, models=(far,)))
