"""What every engine promises, tried on a real service of each (conftest.ENGINES)."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import time
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
import requests
from tests.hosting.kit import Kit, load, post, until

from scoredock.finding import Finding
from scoredock.hosting.values import LogLine, PortTaken, ScriptCrashed, Service, ServiceProblem, State
from scoredock.progress import Step
from scoredock.project.values import ModelMount, Probe

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


async def test_a_service_is_deployed_found_by_another_command_and_deleted(kit: Kit) -> None:
    steps: list[Step] = []
    service = await kit.engine.deploy(kit.plan(), steps.append)
    assert (service.name, service.state, service.target) == (kit.name, State.HEALTHY, kit.engine.target)
    assert post(service, '{"a": 1}') == {"answer": "one", "got": {"a": 1}}
    # A container's last lines may come through its engine after the word that it is ready.
    last = "Users's init has completed successfully" if kit.engine.target == "process" else ""
    assert any(step.detail and last in step.detail for step in steps), "the log is shown meanwhile"
    found = await kit.fresh().find(kit.name)
    assert found is not None
    assert (found.identity, found.port, found.state, found.generation) == (service.identity, service.port, State.HEALTHY, 1)
    assert (found.project_file, found.entry_script, found.environment_key) == (kit.script, kit.script, kit.environment_key)
    assert [s.name for s in await kit.fresh().list()] == [kit.name]
    await kit.fresh().delete(kit.name)
    assert await kit.engine.list() == () and await kit.engine.find(kit.name) is None
    with pytest.raises(requests.ConnectionError):
        post(service)
    await kit.engine.delete(kit.name)  # nothing to do, no error


async def test_only_the_loopback_is_listened_on(kit: Kit) -> None:
    service = await kit.engine.deploy(kit.plan())
    for address in {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)} - {"127.0.0.1"}:
        with pytest.raises(OSError), socket.create_connection((address, service.port), timeout=2):
            pass


async def test_an_update_takes_code_and_helpers_even_when_size_and_second_are_the_same(kit: Kit) -> None:
    kit.write("WORD = 'aa'\n", "helper.py")
    kit.edit('"answer": "one"', '"answer": "one", "word": helper.WORD')
    kit.edit("import json", "import json\nimport helper")
    service = await kit.engine.deploy(kit.plan())
    assert post(service)["word"] == "aa"
    then = time.time()
    for number, word in enumerate(("bb", "cc", "dd"), 2):
        kit.edit(post(service)["word"], word, "helper.py")
        os.utime(kit.code / "helper.py", (then, then))
        updated = await kit.engine.update(kit.name)
        assert (updated.service.generation, post(service)["word"]) == (number, word)
        assert updated.service.identity == service.identity, "the service itself stays"
    for old, new in (("one", "two"), ("two", "six")):
        kit.edit(old, new)
        os.utime(kit.script, (then, then))
        await kit.engine.update(kit.name)
        assert post(service)["answer"] == new
    assert not list(kit.code.rglob("*.pyc")), "no bytecode of user code"


async def test_an_update_that_fails_leaves_the_old_code_answering_and_names_the_line(kit: Kit) -> None:
    service = await kit.engine.deploy(kit.plan())
    kit.edit("    count = 0", "    count = 1 / 0")
    with pytest.raises(ScriptCrashed) as crash:
        await kit.engine.update(kit.name)
    (finding,) = crash.value.findings
    assert (finding.code, finding.place.path, finding.place.line, finding.place.column) == ("SD501", kit.script, 6, 5)
    assert "ZeroDivisionError: division by zero" in finding.message
    assert post(service)["answer"] == "one"
    found = await kit.fresh().find(kit.name)
    assert found is not None and (found.state, found.generation) == (State.HEALTHY, 1)
    kit.edit("    count = 1 / 0", "    count = 0")
    kit.edit("one", "two")
    assert (await kit.engine.update(kit.name)).service.generation == 2
    assert post(service)["answer"] == "two"


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("    count = 0", "    raise ValueError('no luck')", 6, "ValueError: no luck"),
        ("import json", "import json, nonexistent_module", 1, "No module named 'nonexistent_module'"),
        ("    count = 0", "    count = = 0", 6, "SyntaxError"),
        ("    count = 0", "    import sys; sys.exit(5)", 6, "SystemExit: 5"),
        ("    count = 0", "    import os; os._exit(7)", 4, "exit code 7"),
        ("    count = 0", "    import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", 4, "SIGSEGV"),
        ("def run(raw_data)", "def runs(raw_data)", 1, "run() function"),
    ],
)
async def test_a_script_that_does_not_start_is_a_finding_and_leaves_nothing_running(
    kit: Kit, old: str, new: str, line: int, words: str
) -> None:
    kit.edit(old, new)
    with pytest.raises(ScriptCrashed) as crash:
        await kit.engine.deploy(kit.plan())
    (finding,) = crash.value.findings
    assert (finding.code, finding.place.path) == ("SD501", kit.script)
    assert words in finding.message
    if "run() function" not in words:
        assert finding.place.line == line
    found = await kit.fresh().find(kit.name)
    assert found is not None and found.state is State.CRASHED and words in found.exit_reason
    assert [line.text async for batch in kit.engine.logs(kit.name) for line in batch], "its log can be read"
    kit.edit(new, old)
    service = await kit.engine.deploy(kit.plan())
    assert post(service)["answer"] == "one"


CAUSE = """\
    try:
        open('/nowhere')
    except OSError as error:
        raise RuntimeError('no model') from error"""
SLOW = """\
    if raw_data == "slow":
        import os, time
        while not os.path.exists("go"):
            time.sleep(0.05)
        return "slow one"
    return {"answer\""""


async def test_a_cause_behind_an_exception_is_kept(kit: Kit) -> None:
    kit.edit("    count = 0", CAUSE)
    with pytest.raises(ScriptCrashed) as crash:
        await kit.engine.deploy(kit.plan())
    (finding,) = crash.value.findings
    assert "RuntimeError: no model" in finding.message and finding.place.line == 9
    assert any("FileNotFoundError" in words and place.line == 7 for place, words in finding.related)


async def test_a_taken_port_is_said_before_anything_starts(kit: Kit) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=str(port)):
            await kit.engine.deploy(kit.plan(port=port))
        assert await kit.engine.list() == ()
    assert (await kit.engine.deploy(kit.plan(port=port))).port == port
    with pytest.raises(PortTaken, match=kit.name):
        await kit.engine.deploy(kit.plan(port=port, name="another"))


async def test_a_script_that_hangs_and_ignores_every_signal_is_busy_and_can_be_stopped(kit: Kit) -> None:
    kit.edit("    count = 0", "    import signal\n    for number in (1, 2, 15):\n        signal.signal(number, signal.SIG_IGN)")
    kit.edit('    return {"answer"', '    while raw_data == "hang":\n        pass\n    return {"answer"')
    service = await kit.engine.deploy(kit.plan())
    hanging = asyncio.create_task(asyncio.to_thread(_post_and_fail, service.scoring_uri, "hang"))
    limit = time.monotonic() + 60
    while (found := await kit.fresh().find(kit.name)) is None or found.state is not State.BUSY:
        assert time.monotonic() < limit
        await asyncio.sleep(0.05)
    await asyncio.wait_for(kit.engine.stop(kit.name), 60)  # how long it takes is the bench's to say
    await hanging
    stopped = await kit.fresh().find(kit.name)
    assert stopped is not None and stopped.state is State.STOPPED


def _post_and_fail(uri: str, body: str) -> None:
    with pytest.raises(requests.RequestException):
        requests.post(uri, body, timeout=60).raise_for_status()


async def test_an_update_does_not_wait_for_a_request_that_hangs(kit: Kit) -> None:
    kit.edit('    return {"answer"', SLOW)
    service = await kit.engine.deploy(kit.plan())
    slow = asyncio.create_task(asyncio.to_thread(post, service, "slow"))
    while (found := await kit.engine.find(kit.name)) is None or found.state is not State.BUSY:
        await asyncio.sleep(0.05)
    kit.edit('"answer": "one"', '"answer": "two"')
    await kit.engine.update(kit.name)
    assert post(service)["answer"] == "two"
    assert not slow.done(), "the update and the new answer came while the old request was still in progress"
    (kit.code / "go").touch()
    assert await slow == "slow one", "and that ended with the code it began with"


async def test_logs_from_the_end_and_followed_until_the_service_ends(kit: Kit) -> None:
    kit.edit('    return {"answer"', '    print("said " + raw_data)\n    return {"answer"')
    service = await kit.engine.deploy(kit.plan())
    post(service, '"first"')
    last: list[LogLine] = []
    limit = time.monotonic() + 60
    while not any('said "first"' in line.text for line in last):  # a container's log comes through its engine: a moment later
        assert time.monotonic() < limit, last
        last = [line async for batch in kit.fresh().logs(kit.name, last=5) for line in batch]
    assert len(last) == 5
    assert any(line.time and abs(line.time - time.time()) < 600 for line in last)
    seen: list[str] = []

    async def follow() -> None:
        async for batch in kit.fresh().logs(kit.name, follow=True, last=0):
            seen.extend(line.text for line in batch)

    following = asyncio.create_task(follow())
    await asyncio.sleep(0)
    while not any('said "again"' in line for line in seen):
        await asyncio.to_thread(post, service, '"again"')
    assert not any('said "first"' in line for line in seen)
    await kit.engine.stop(kit.name)
    await asyncio.wait_for(following, 60)


async def test_the_log_from_a_moment_on(kit: Kit) -> None:
    kit.edit('    return {"answer"', '    print("said " + raw_data)\n    return {"answer"')
    service = await kit.engine.deploy(kit.plan())

    async def said(text: str, since: float | None = None) -> list[LogLine]:
        """The log, once it holds the text."""
        limit = time.monotonic() + 60
        while True:
            found = [line async for batch in kit.fresh().logs(kit.name, since=since) for line in batch]
            if any(f"said {text}" in line.text for line in found):
                return found
            assert time.monotonic() < limit, found
            await asyncio.sleep(0.05)

    post(service, '"first"')
    first = next(line for line in await said('"first"') if "said" in line.text)
    await asyncio.sleep(1.1)  # times in a log may be whole seconds
    post(service, '"second"')
    assert first.time is not None
    late = [line.text for line in await said('"second"', first.time + 1.0)]
    assert any("second" in text for text in late) and not any("first" in text for text in late)


async def test_a_deploy_over_a_running_service_loses_no_request_and_keeps_the_port(kit: Kit) -> None:
    service = await kit.engine.deploy(kit.plan())
    kit.edit("one", "two")
    with load(service, clients=2) as seen:
        await until(lambda: len(seen.answers) > 20)
        again = await kit.engine.deploy(kit.plan(environment_variables=(("COLOUR", "red"),)))
        done = time.monotonic()
        await until(lambda: any(sent > done for sent, _, _ in seen.answers))
    assert again.port == service.port and again.identity != service.identity
    assert seen.errors == []
    assert {answer["answer"] for sent, _, answer in seen.answers if sent > done} == {"two"}
    assert len(await kit.engine.list()) == 1


async def test_a_deploy_that_fails_leaves_the_running_service_alone(kit: Kit) -> None:
    service = await kit.engine.deploy(kit.plan())
    kit.edit("    count = 0", "    count = nothing")
    with pytest.raises(ScriptCrashed, match="NameError"):
        await kit.engine.deploy(kit.plan())
    found = await kit.fresh().find(kit.name)
    assert found is not None and (found.identity, found.state) == (service.identity, State.HEALTHY)
    assert post(service)["answer"] == "one"


TREE = """
def init():
    pass

def run(raw_data):
    import os
    root = os.environ["AZUREML_MODEL_DIR"]
    tree = sorted(os.path.relpath(os.path.join(base, file), root) for base, _, files in os.walk(root) for file in files)
    return {"tree": tree, "name": "/".join(root.split("/")[-2:]), "text": open(os.path.join(root, tree[0])).read()}
"""


async def test_the_model_folder_shows_what_azure_mounts_and_nothing_else(kit: Kit, tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    (shelf / "model" / "deep").mkdir(parents=True)
    (shelf / "model" / "weights.bin").write_text("w1")
    (shelf / "model" / "deep" / "vocabulary.txt").write_text("v1")
    (shelf / "beside.txt").write_text("not deployed")
    kit.write(TREE)
    one = (ModelMount(shelf / "model", PurePosixPath("model"), name="digits", version="3"),)
    service = await kit.engine.deploy(kit.plan(kit.project(models=one)))
    answer = post(service)
    assert answer["tree"] == ["model/deep/vocabulary.txt", "model/weights.bin"]
    assert (answer["name"], answer["text"]) == ("digits/3", "v1")
    (shelf / "model" / "deep" / "vocabulary.txt").write_text("v2")
    (shelf / "model" / "more.txt").write_text("m")
    await kit.engine.update(kit.name)
    answer = post(service)
    assert answer["text"] == "v2" and "model/more.txt" in answer["tree"]
    several = (
        ModelMount(shelf / "model" / "weights.bin", PurePosixPath("a/1/weights.bin"), name="a", version="1"),
        ModelMount(shelf / "model", PurePosixPath("b/2/model"), name="b", version="2"),
    )
    service = await kit.engine.deploy(kit.plan(kit.project(models=several)))
    assert post(service)["tree"] == [
        "a/1/weights.bin",
        *("b/2/model/deep/vocabulary.txt", "b/2/model/more.txt", "b/2/model/weights.bin"),
    ]


async def test_the_environment_is_the_deployments_and_not_the_shells(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_SHELL", "x")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    kit.edit("import json", "import json, os")
    kit.edit('"answer": "one"', '"answer": dict(os.environ)')
    service = await kit.engine.deploy(kit.plan(environment_variables=(("COLOUR", "red"), ("WORKER_COUNT", "2"))))
    seen = post(service)["answer"]
    assert (seen["COLOUR"], seen["WORKER_COUNT"], seen["AZUREML_ENTRY_SCRIPT"]) == ("red", "2", "score.py")
    assert not {"SECRET_OF_THE_SHELL", "PYTHONPATH"} & set(seen)
    status = await kit.engine.control(kit.name, {"command": "status"})
    assert isinstance(status["workers"], list) and len(status["workers"]) == 2


FAILING = """\
import json


def init():
    pass


def deeper(text):
    return json.loads(text)["x"]


def run(raw_data):
    print("asked", raw_data)
    if raw_data == "set":
        return {1, 2}
    if raw_data == "chain":
        try:
            deeper("{}")
        except KeyError as error:
            raise ValueError("bad\\ninput") from error
    if raw_data == "exit":
        raise SystemExit(3)
    return deeper(raw_data)
"""


async def test_a_request_that_fails_is_a_finding_at_its_line(kit: Kit) -> None:
    kit.write(FAILING)
    service = await kit.engine.deploy(kit.plan())
    found: list[Finding] = []

    async def listen() -> None:
        async for finding in kit.fresh().findings(kit.name):
            found.append(finding)

    listening = asyncio.create_task(listen())
    expected = {
        "{}": ("SD502", 9, "KeyError: 'x'"),
        "set": ("SD503", 12, "set is not JSON serializable"),
        "chain": ("SD502", 20, "ValueError: bad input"),
        "exit": ("SD502", 22, "SystemExit: 3"),
    }
    for body, (code, line, words) in expected.items():
        limit = time.monotonic() + 60
        # The finding comes at its line, and the last lines of the log are with it.
        while not any(
            (f.code, f.place.path, f.place.line) == (code, kit.script, line)
            and words in f.message
            and any(f"asked {body}" in said for _, said in f.related)
            for f in found
        ):
            answer = await asyncio.to_thread(requests.post, service.scoring_uri, body, timeout=60)
            assert answer.status_code == 500
            assert time.monotonic() < limit, found
            await asyncio.sleep(0.1)
    asked = time.time()
    await asyncio.to_thread(requests.post, service.scoring_uri, "chain", timeout=60)
    past = await asyncio.wait_for(anext(kit.fresh().findings(kit.name, since=asked)), 60)
    assert past.place.line == 20, "who asks after the answer gets that request's line, not an earlier one's"
    chain = next(f for f in found if f.place.line == 20)
    assert any("caused by KeyError" in words and place.line == 9 for place, words in chain.related)
    await kit.engine.stop(kit.name)
    await asyncio.wait_for(listening, 60)


async def test_what_happens_is_told(kit: Kit) -> None:
    await kit.engine.deploy(kit.plan())
    told: list[tuple[str, int]] = []

    async def listen() -> None:
        async for event in kit.fresh().events(kit.name):
            told.append((event.kind, len(event.findings)))

    listening = asyncio.create_task(listen())
    kit.edit("one", "two")
    while ("worker-replaced", 0) not in told:
        await kit.engine.update(kit.name)
    kit.edit("    count = 0", "    count = nothing")
    with pytest.raises(ScriptCrashed):
        await kit.engine.update(kit.name)
    await kit.engine.stop(kit.name)
    await asyncio.wait_for(listening, 60)
    assert told[-2:] == [("update-failed", 1), ("stopped", 0)]


async def test_two_commands_at_once_end_in_one_service(kit: Kit) -> None:
    first, second = await asyncio.gather(kit.engine.deploy(kit.plan()), kit.fresh().deploy(kit.plan()))
    assert len(await kit.engine.list()) == 1
    found = await kit.engine.find(kit.name)
    assert found is not None and found.identity in (first.identity, second.identity)
    kit.edit("one", "two")
    updates = await asyncio.gather(*(kit.fresh().update(kit.name) for _ in range(3)))
    assert max(update.service.generation for update in updates) >= 2
    assert post(found)["answer"] == "two"


async def test_a_deploy_that_comes_while_the_service_is_stopped_waits_and_stays(kit: Kit) -> None:
    kit.edit('    return {"answer"', SLOW)
    service = await kit.engine.deploy(kit.plan())
    slow = asyncio.create_task(asyncio.to_thread(requests.post, service.scoring_uri, "slow", timeout=60))
    while (found := await kit.engine.find(kit.name)) is None or found.state is not State.BUSY:
        await asyncio.sleep(0.05)
    deleting = asyncio.create_task(kit.engine.delete(kit.name))  # takes seconds: it waits for the request
    for _ in range(3):  # turns of the loop: it has begun
        await asyncio.sleep(0)
    again = await kit.fresh().deploy(kit.plan())
    await deleting
    await asyncio.gather(slow, return_exceptions=True)
    found = await kit.fresh().find(kit.name)
    assert found is not None and (found.identity, found.state) == (again.identity, State.HEALTHY)
    assert post(again)["answer"] == "one"


async def test_two_windows_that_deploy_update_and_delete_at_once(kit: Kit) -> None:
    await kit.engine.deploy(kit.plan())
    kit.edit("one", "two")
    outcomes = await asyncio.gather(
        kit.fresh().deploy(kit.plan()),
        kit.fresh().update(kit.name),
        kit.fresh().list(),
        kit.fresh().deploy(kit.plan()),
        return_exceptions=True,
    )
    assert all(isinstance(outcome, ServiceProblem) or not isinstance(outcome, BaseException) for outcome in outcomes), outcomes
    service = await kit.fresh().find(kit.name)
    assert service is not None and service.state is State.HEALTHY
    assert post(service)["answer"] == "two"
    await asyncio.gather(kit.fresh().delete(kit.name), kit.fresh().delete(kit.name))
    assert await kit.engine.list() == ()


async def test_a_request_that_segfaults_is_a_finding_and_the_next_one_is_answered(kit: Kit) -> None:
    kit.edit(
        '    return {"answer"', '    if raw_data == "crash":\n        import ctypes; ctypes.string_at(0)\n    return {"answer"'
    )
    service = await kit.engine.deploy(kit.plan())
    found: list[Finding] = []

    async def listen() -> None:
        async for finding in kit.fresh().findings(kit.name):
            found.append(finding)

    listening = asyncio.create_task(listen())
    limit = time.monotonic() + 60
    while not any("Segmentation fault" in finding.message for finding in found):
        with pytest.raises(requests.ConnectionError):
            await asyncio.to_thread(requests.post, service.scoring_uri, "crash", timeout=60)
        assert (await asyncio.to_thread(post, service))["answer"] == "one", "another worker has come"
        assert time.monotonic() < limit, found
    (finding, *_) = found
    assert (finding.code, finding.place.path, finding.place.line) == ("SD502", kit.script, 11)
    await kit.engine.stop(kit.name)
    await asyncio.wait_for(listening, 60)


async def test_a_deploy_that_is_cancelled_leaves_nothing(kit: Kit) -> None:
    kit.edit("    count = 0", "    import time; time.sleep(60)")
    said = asyncio.Event()

    def listen(step: Step) -> None:
        if "Invoking user's init function" in step.detail:
            said.set()

    deploying = asyncio.create_task(kit.engine.deploy(kit.plan(), listen))
    await asyncio.wait_for(said.wait(), 60)
    deploying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await deploying
    found = await kit.fresh().find(kit.name)
    assert found is None or found.state in (State.CRASHED, State.STOPPED)


async def test_a_worker_that_dies_comes_back_with_the_code_that_answered(kit: Kit) -> None:
    kit.edit('    return {"answer"', '    if raw_data == "die":\n        import os; os._exit(1)\n    return {"answer"')
    service = await kit.engine.deploy(kit.plan())
    kit.edit("one", "half an edit")  # saved, but no update yet
    with pytest.raises(requests.ConnectionError):
        requests.post(service.scoring_uri, "die", timeout=60)
    assert post(service)["answer"] == "one"
    kit.edit("    count = 0", "    count = nothing")
    with pytest.raises(ScriptCrashed):
        await kit.engine.update(kit.name)
    with pytest.raises(requests.ConnectionError):
        requests.post(service.scoring_uri, "die", timeout=60)
    assert post(service)["answer"] == "one"


async def test_slower_than_the_probes_allow_is_said_as_such(kit: Kit) -> None:
    kit.edit("    count = 0", "    import time; time.sleep(60)")
    project = kit.project()
    short = replace(project.liveness_probe, initial_delay=1, period=1, failure_threshold=4)
    with pytest.raises(ScriptCrashed) as crash:
        await kit.engine.deploy(kit.plan(replace(project, liveness_probe=short)))
    (finding,) = crash.value.findings
    assert (finding.code, finding.place.line) == ("SD504", 4)
    found = await kit.engine.find(kit.name)
    assert found is None or found.state is not State.STARTING


HANGING = """\
    if "hang" in raw_data:
        import os, time
        while not os.path.exists("go"):
            time.sleep(0.05)
    return {"answer\""""


async def test_a_probe_that_fails_as_often_as_the_deployment_allows_makes_it_unhealthy(kit: Kit) -> None:
    kit.edit('    return {"answer"', HANGING)
    quick = Probe(initial_delay=0, period=1, timeout=1, success_threshold=2, failure_threshold=2)
    service = await kit.engine.deploy(kit.plan(kit.project(readiness_probe=quick)))
    hanging = asyncio.create_task(asyncio.to_thread(requests.post, service.scoring_uri, '"hang"', timeout=120))

    async def reach(state: State) -> Service:
        limit = time.monotonic() + 60
        while (found := await kit.fresh().find(kit.name)) is None or found.state is not state:
            assert time.monotonic() < limit, found
            await asyncio.sleep(0.05)
        return found

    found = await reach(State.UNHEALTHY)
    assert "readiness probe has failed" in found.exit_reason and "Azure" in found.exit_reason
    (kit.code / "go").touch()
    assert (await hanging).json()["answer"] == "one"
    assert (await reach(State.HEALTHY)).exit_reason == ""


async def test_what_is_not_there_cannot_be_asked(kit: Kit) -> None:
    for call in (kit.engine.update("nothing"), kit.engine.stop("nothing"), kit.engine.control("nothing", {"command": "status"})):
        with pytest.raises(ServiceProblem, match="no service 'nothing'"):
            await call
    with pytest.raises(ServiceProblem, match="cannot be called"):
        await kit.engine.deploy(kit.plan(name="No Name"))


async def test_the_answers_are_those_of_the_real_server(kit: Kit) -> None:
    service = await kit.engine.deploy(kit.plan())
    base = service.scoring_uri.removesuffix("/score")
    assert requests.get(base + "/", timeout=60).text == "Healthy"
    answer = requests.post(service.scoring_uri, "{}", headers={"x-ms-client-request-id": "mine"}, timeout=60)
    assert answer.headers["x-ms-client-request-id"] == "mine"
    assert answer.headers["x-ms-server-version"].startswith("azmlinfsrv/")
    assert float(answer.headers["x-ms-run-fn-exec-ms"]) >= 0
    assert answer.headers["x-ms-run-function-failed"] == "False"
    assert json.loads(requests.get(base + "/swagger.json", timeout=60).text)["swagger"] == "2.0"
