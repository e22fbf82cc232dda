"""The update that the command line and the editor call: it finds out what kind of change it is."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from tests.hosting.kit import ECHO, load, post, until

from scoredock.environment.sync import sync
from scoredock.errors import ScoredockError
from scoredock.hosting import definition, services
from scoredock.hosting.definition import Wishes
from scoredock.hosting.values import ScriptCrashed, Service, ServiceProblem, State, Updated
from scoredock.hosting.watch import Kind, Saved, saves
from scoredock.project.reading import read_project
from scoredock.project.values import Project

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

DEPLOYMENT = """\
name: blue
endpoint_name: echo
model: {path: model}
code_configuration: {code: code, scoring_script: score.py}
environment: {image: mcr.microsoft.com/azureml/minimal-ubuntu22.04-py39-cpu-inference, conda_file: conda.yml}
instance_type: Standard_DS3_v2
environment_variables: {COLOUR: red}
"""
CONDA = """\
name: echo
dependencies:
  - pip
  - pip:
      - azureml-inference-server-http
"""
HEAD = """\
import json
import os

try:
    import six

    SIX = 1
except ImportError:
    SIX = 0
"""
SCRIPT = ECHO.replace("import json\n", HEAD).replace('"one"', '"one", "colour": os.environ["COLOUR"], "six": SIX')


@dataclass
class Place:
    folder: Path

    @property
    def project(self) -> Project:
        project = read_project(self.folder / "deployment.yml").project
        assert project is not None
        return project

    def write(self, file: str, text: str) -> None:
        (self.folder / file).write_text(text, encoding="utf-8")

    def edit(self, file: str, old: str, new: str) -> None:
        text = (self.folder / file).read_text(encoding="utf-8")
        assert old in text
        self.write(file, text.replace(old, new))


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    made = Place(tmp_path / "project")
    (made.folder / "code").mkdir(parents=True)
    (made.folder / "model").mkdir()
    made.write("model/weights", "w")
    made.write("deployment.yml", DEPLOYMENT)
    made.write("conda.yml", CONDA)
    made.write("code/score.py", SCRIPT)
    yield made
    for service in await services.list_services():
        await services.stop(service.name)


async def test_each_kind_of_edit_takes_effect_on_the_same_port_without_a_lost_request(place: Place) -> None:
    service = await services.deploy(place.project, name="echo")
    assert post(service)["colour"] == "red"
    with load(service, clients=2) as seen:
        place.edit("code/score.py", '"one"', '"two"')
        updated = await services.update("echo")
        assert updated.service.identity == service.identity and post(service)["answer"] == "two"
        place.edit("deployment.yml", "COLOUR: red", "COLOUR: blue")
        again = (await services.update("echo")).service
        assert again.identity != service.identity and again.port == service.port
        assert post(service)["colour"] == "blue" and post(service)["six"] == 0
        place.edit("conda.yml", "      - azureml-inference-server-http", "      - azureml-inference-server-http\n      - six")
        moved = (await services.update("echo")).service
        assert moved.environment_key != service.environment_key
        assert post(service)["six"] == 1
        place.edit("conda.yml", "      - six", "      - six  # a comment")
        same = (await services.update("echo")).service
        assert same.identity == moved.identity, "nothing that counts has changed: a re-fork"
    assert seen.errors == []


async def test_while_its_environment_is_made_others_see_that_it_is_being_built(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(*arguments: object, **options: object) -> object:
        begun.set()
        await go_on.wait()
        return await sync(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(services, "sync", slow)
    deploying = asyncio.create_task(services.deploy(place.project, name="echo"))
    await begun.wait()
    assert [(s.name, s.state, s.port) for s in await services.list_with_those_being_built()] == [("echo", State.BUILDING, 0)]
    assert await services.list_services() == (), "nothing of it runs"
    go_on.set()
    await deploying
    assert [s.state for s in await services.list_with_those_being_built()] == [State.HEALTHY]


async def test_a_platform_is_for_containers_and_what_was_wished_is_kept(place: Place) -> None:
    wishes = Wishes("linux/amd64", -1)
    with pytest.raises(ServiceProblem, match="with the target 'docker' only"):
        await services.deploy(place.project, name="echo", wishes=wishes)
    definition.keep("echo", definition.Definition("key", definition.stamps([place.folder / "conda.yml"]), wishes=wishes))
    kept = definition.kept("echo")
    assert kept is not None and kept.wishes == wishes and kept.untouched()
    definition.forget("echo")


async def test_an_environment_that_cannot_be_made_leaves_the_service_as_it_is(place: Place) -> None:
    service = await services.deploy(place.project, name="echo")
    place.edit(
        "conda.yml", "azureml-inference-server-http", "azureml-inference-server-http\n      - no-such-package-anywhere==9.9"
    )
    with pytest.raises(ScoredockError):
        await services.update("echo")
    place.write("deployment.yml", "name: [")
    with pytest.raises(ScoredockError, match=r"deployment\.yml"):
        await services.update("echo")
    found = await services.find("echo")
    assert found is not None and found.identity == service.identity and post(service)["answer"] == "one"


async def test_a_service_that_has_crashed_is_started_again_by_an_update(place: Place) -> None:
    place.edit("code/score.py", "    count = 0", "    count = nothing")
    with pytest.raises(ScriptCrashed):
        await services.deploy(place.project, name="echo")
    place.edit("code/score.py", "    count = nothing", "    count = 0")
    crashed = await services.find("echo")
    assert crashed is not None and crashed.state is State.CRASHED
    updated = await services.deploy(place.project, name="echo")
    psutil.Process(int(updated.identity.split(":")[0])).kill()
    await until(lambda: not _answers(updated))
    again = await services.update("echo")
    assert again.service.state is State.HEALTHY and again.service.port == updated.port
    assert post(again.service)["answer"] == "one"


def _answers(service: Service) -> bool:
    try:
        post(service, timeout=5)
    except Exception:  # whichever way it fails
        return False
    return True


async def test_a_saved_file_updates_the_service(place: Place) -> None:
    service = await services.deploy(place.project, name="echo")
    outcomes: list[Updated | ScoredockError] = []

    async def keep() -> None:
        async for outcome in services.keep_updated("echo"):
            outcomes.append(outcome)

    keeping = asyncio.create_task(keep())
    await asyncio.sleep(0)
    await _save_until(place, "code/score.py", '"one"', '"two"', lambda: post(service)["answer"] == "two")
    place.edit("code/score.py", "    count = 0", "    count = nothing")
    await until(lambda: any(isinstance(outcome, ScriptCrashed) for outcome in outcomes))
    assert post(service)["answer"] == "two"
    place.edit("code/score.py", "    count = nothing", "    count = 0")
    place.edit("deployment.yml", "COLOUR: red", "COLOUR: blue")
    await until(lambda: post(service)["colour"] == "blue")
    keeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await keeping


async def _save_until(place: Place, file: str, old: str, new: str, true: object) -> None:
    """The watcher needs a moment before it hears anything: save again until it does."""
    place.edit(file, old, new)
    limit = time.monotonic() + 60
    while not true():  # type: ignore[operator]
        assert time.monotonic() < limit
        os.utime(place.folder / file)
        await asyncio.sleep(0.2)


async def test_only_saves_that_matter_are_told(place: Place) -> None:
    told: list[Saved] = []
    over = asyncio.Event()
    (place.folder / "code" / ".venv" / "lib").mkdir(parents=True)

    async def listen() -> None:
        async for saved in saves(place.project, [place.folder / "conda.yml"], over):
            told.append(saved)

    listening = asyncio.create_task(listen())

    async def heard(file: str, kind: Kind) -> None:
        limit = time.monotonic() + 60
        while not any(kind in saved.kinds and any(path.name == Path(file).name for path in saved.files) for saved in told):
            assert time.monotonic() < limit, (file, told)
            place.write(file, f"# {time.monotonic()}")
            await asyncio.sleep(0.2)

    await heard("code/score.py", Kind.CODE)
    await heard("conda.yml", Kind.DEFINITION)
    await heard("deployment.yml", Kind.DEFINITION)
    await heard("model/weights", Kind.MODEL)
    (place.folder / "code" / "package").mkdir()
    await heard("code/package/new.py", Kind.CODE)
    before = len(told)
    for quiet in ("code/output.json", "code/.venv/lib/library.py", "code/score.py.swp", "beside.txt"):
        place.write(quiet, "x")
    await heard("code/last.py", Kind.CODE)
    names = {path.name for saved in told[before:] for path in saved.files}
    assert not names & {"output.json", "library.py", "score.py.swp", "beside.txt"}
    over.set()
    await asyncio.wait_for(listening, 60)
