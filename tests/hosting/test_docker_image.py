"""Where a service's image comes from: built once, taken as it is, or from the user's own Dockerfile."""

from __future__ import annotations

import asyncio
import json
import os
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path, PurePosixPath

import pytest
from tests.hosting.kit import ECHO, post

from scoredock.engine import builds, command_line, containers, images
from scoredock.engine.background import beside
from scoredock.engine.connection import Connection, connect
from scoredock.engine.values import BuildOrder, ImageProblem
from scoredock.environment.values import EnvironmentProblem
from scoredock.hosting.docker import DockerEngine
from scoredock.hosting.docker_base import read_answer
from scoredock.hosting.docker_image import environment_image
from scoredock.hosting.docker_record import OWNER, owner
from scoredock.hosting.values import Plan, Service
from scoredock.progress import Step
from scoredock.project.values import CondaFile, DockerBuild, Project, RequirementsFile, Source

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture
def connection() -> Iterator[Connection]:
    found = connect()
    yield found
    found.close()


@pytest.fixture
def base() -> str:
    return os.environ["SCOREDOCK_TEST_BASE_IMAGE"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "score.py").write_text(ECHO)
    (tmp_path / "requirements.txt").write_text("azureml-inference-server-http\n")
    return tmp_path


@pytest.fixture
async def running(connection: Connection) -> AsyncIterator[DockerEngine]:
    engine = DockerEngine()
    yield engine
    for service in await engine.list():
        await engine.delete(service.name)
    assert not containers.labelled(connection, f"{OWNER}={owner()}")


def project_of(folder: Path, **changes: object) -> Project:
    script = folder / "score.py"
    values = {"environment": RequirementsFile(folder / "requirements.txt"), **changes}
    return Project(script, Source.INFERRED, "echo", folder, script, **values)  # type: ignore[arg-type]


async def deployed(connection: Connection, engine: DockerEngine, project: Project) -> Service:
    made = await environment_image(connection, project)
    return await engine.deploy(Plan(project, "echo", Path(made.interpreter), made.key, image=made.image, platform=made.platform))


async def test_the_second_time_nothing_is_done(connection: Connection, folder: Path, base: str) -> None:
    first = await environment_image(connection, project_of(folder, base_image=base))
    steps: list[Step] = []
    assert await environment_image(connection, project_of(folder, base_image=base), steps.append) == first
    assert not steps
    image = await beside(lambda _: images.find_image(connection, first.image))
    assert image is not None and dict(image.labels)["scoredock.environment"] == first.key
    assert "FROM " in first.dockerfile


async def test_a_base_image_in_place_of_azures(
    connection: Connection, folder: Path, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCOREDOCK_BASE_IMAGE", base)
    made = await environment_image(connection, project_of(folder, base_image="127.0.0.1:1/azureml/minimal:1"))
    assert await beside(lambda _: images.find_image(connection, made.image)) is not None
    monkeypatch.delenv("SCOREDOCK_BASE_IMAGE")
    with pytest.raises(ImageProblem, match="cannot be reached"):
        await environment_image(connection, project_of(folder, base_image="127.0.0.1:1/azureml/minimal:1"))


async def test_by_the_classic_builder_and_it_says_so(
    connection: Connection, running: DockerEngine, folder: Path, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_line, "with_buildkit", lambda: None)
    monkeypatch.setattr(builds, "with_buildkit", lambda: None)
    (folder / "requirements.txt").write_text(f"azureml-inference-server-http\n# {uuid.uuid4()}\nsix==1.16.0\n")
    steps: list[Step] = []
    made = await environment_image(connection, project_of(folder, base_image=base), steps.append)
    assert "--mount" not in made.dockerfile
    if steps:  # else it was built by an earlier run on this engine
        assert any("classic builder" in step.detail for step in steps)
    assert post(await deployed(connection, running, project_of(folder, base_image=base)))["answer"] == "one"


async def test_what_the_user_manages_is_what_the_image_has(connection: Connection, folder: Path, base: str) -> None:
    """SDK v1: an environment that lists no packages, on an image that has them."""
    definition = {"name": "mine", "python": {"userManagedDependencies": True}, "environmentVariables": {"A": "1"}}
    (folder / "azureml_environment.json").write_text(json.dumps(definition))
    managed = CondaFile(folder / "azureml_environment.json")
    with pytest.raises(EnvironmentProblem, match="the deployment names no image that has them"):
        await environment_image(connection, project_of(folder, environment=managed))
    with pytest.raises(EnvironmentProblem, match="has no azureml-inference-server-http"):
        await environment_image(connection, project_of(folder, environment=managed, base_image=base))
    with_server = await environment_image(connection, project_of(folder, base_image=base))
    made = await environment_image(connection, project_of(folder, environment=managed, base_image=with_server.image))
    assert (made.image, made.variables) == (with_server.image, (("A", "1"),))
    assert made.interpreter.parent == with_server.interpreter.parent


@pytest.fixture
def own_tag(connection: Connection) -> Iterator[str]:
    name = f"scoredock-test-{uuid.uuid4().hex[:12]}:1"
    yield name
    images.remove_image(connection, name)


async def test_an_image_that_is_the_environment_runs_as_the_user_it_names(
    connection: Connection, own_tag: str, running: DockerEngine, folder: Path, base: str
) -> None:
    with pytest.raises(EnvironmentProblem, match="has no azureml-inference-server-http, and the deployment has no conda file"):
        await environment_image(connection, project_of(folder, base_image=base, environment=None))
    with_server = (await environment_image(connection, project_of(folder, base_image=base))).image
    text = f'FROM {with_server}\nUSER dockeruser\nENTRYPOINT ["false"]\n'
    await builds.build_image(connection, BuildOrder(text, own_tag))
    folder.chmod(0o755)
    for parent in (folder.parent, folder.parent.parent):
        parent.chmod(0o755)  # pytest's folders are private, and this user is somebody else
    (folder / "score.py").write_text(ECHO.replace('"one"', "__import__('getpass').getuser()"))
    project = project_of(folder, base_image=own_tag, environment=None)
    made = await environment_image(connection, project)
    assert (made.image, made.interpreter, made.dockerfile) == (own_tag, PurePosixPath("/opt/scoredock/env/bin/python3"), "")
    service = await deployed(connection, running, project)
    assert post(service)["answer"] == "dockeruser"
    (folder / "score.py").write_text(ECHO)
    await running.update("echo")
    assert post(service)["answer"] == "one"
    assert post(await deployed(connection, running, project))["answer"] == "one", "another takes its place as the same user"


async def test_the_users_own_dockerfile(connection: Connection, running: DockerEngine, folder: Path, base: str) -> None:
    context = folder / "docker"
    context.mkdir()
    (context / "word").write_text("of the context")
    with_server = (await environment_image(connection, project_of(folder, base_image=base))).image
    (context / "Dockerfile").write_bytes(f"\ufeffFROM {with_server}\r\nCOPY word /word\r\n".encode())
    (folder / "score.py").write_text(ECHO.replace('"one"', "open('/word').read()"))
    project = project_of(folder, environment=DockerBuild(context, context / "Dockerfile"))
    assert post(await deployed(connection, running, project))["answer"] == "of the context"


def test_what_a_base_image_answers() -> None:
    azure = read_answer("x", "sha256:1", ["conda /opt/miniconda/bin/conda", "python /usr/bin/python3 3.10.12 -"])
    assert (azure.conda, azure.python, azure.python_path, azure.server) == (
        "/opt/miniconda/bin/conda",
        "3.10.12",
        "/usr/bin/python3",
        None,
    )
    lines = ["python /usr/bin/python3 3.10.12 -", "python /envs/bin/python 3.9.1 1.3.4", "python /b 3.8.1 1.0"]
    served = read_answer("x", "", lines)
    assert (served.python_path, served.python, served.server) == ("/envs/bin/python", "3.9.1", "1.3.4")
    bare = read_answer("x", "", ["sh: something odd", ""])
    assert (bare.python, bare.conda, bare.server) == (None, None, None)


def test_an_image_that_has_no_shell_is_asked_in_vain(connection: Connection) -> None:
    from scoredock.hosting.docker_base import about_base

    name = f"scoredock-test-{uuid.uuid4().hex[:12]}:1"

    async def ask() -> None:
        image = await builds.build_image(connection, BuildOrder("FROM scratch\nCOPY x /x\n", name, ((PurePosixPath("x"), b"x"),)))
        found = await about_base(connection, name, image, None)
        assert found.python is None and found.server is None

    try:
        asyncio.run(ask())
    finally:
        images.remove_image(connection, name)
