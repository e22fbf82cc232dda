"""A service compiles its environment when it has nothing else to do, and takes the work with it when it ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
from tests.hosting.kit import ECHO, Kit, post, until

from scoredock.environment.declared import packages_folder
from scoredock.environment.sync import read_specification, sync
from scoredock.environment.values import ReadyEnvironment
from scoredock.hosting.process import ProcessEngine
from scoredock.project.values import RequirementsFile
from scoredock.runtime import bytecode

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture
async def ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ReadyEnvironment:
    """An environment of its own: in the shared one another test's service may have been first."""
    monkeypatch.setenv("SCOREDOCK_HOME", str(tmp_path / "home"))
    (tmp_path / "requirements.txt").write_text("azureml-inference-server-http\n", encoding="utf-8")
    return await sync(read_specification(RequirementsFile(tmp_path / "requirements.txt")))


@pytest.fixture
async def kit(tmp_path: Path, ready: ReadyEnvironment) -> AsyncIterator[Kit]:
    code = tmp_path / "code"
    code.mkdir()
    kit = Kit(ProcessEngine(), ProcessEngine, code, ready.interpreter, ready.key)
    kit.write(ECHO)
    yield kit
    await ProcessEngine().delete(kit.name)


def compilers(prefix: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        words = process.info["cmdline"] or []
        if str(prefix) in words and bytecode.__file__ in words and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


async def test_packages_are_compiled_after_a_while(kit: Kit, ready: ReadyEnvironment) -> None:
    service = await kit.engine.deploy(kit.plan())
    assert post(service)["answer"] == "one"
    for compiler in await until(lambda: compilers(ready.prefix), 120):
        assert compiler.create_time() - service.started_at > bytecode.QUIET - 1, "nothing of it slows the first answers"
    # What nobody imports, and comes early: on a busy machine the whole of it waits until others have done.
    cache = packages_folder(ready) / "annotated_types" / "__pycache__"
    await until(lambda: list(cache.glob("test_cases.*.pyc")), 120)
    assert post(service)["answer"] == "one"


async def test_it_ends_with_the_service(kit: Kit, ready: ReadyEnvironment) -> None:
    service = await kit.engine.deploy(kit.plan())
    assert post(service)["answer"] == "one"
    (compiler,) = await until(lambda: compilers(ready.prefix), 60)
    await until(lambda: compiler.nice() == 19)
    arbiter = psutil.Process(int(service.identity.split(":")[0]))
    arbiter.kill()  # nobody is left to end what it had begun
    await until(lambda: not compilers(ready.prefix), 30)
