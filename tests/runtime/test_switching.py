"""Updates under load: nothing lost, nothing old after something new."""

from __future__ import annotations

import re
import signal
import threading
import time
from pathlib import Path

import psutil
import pytest
from tests.clients import Seen
from tests.runtime.conftest import SCRIPT
from tests.runtime.launched import launched, under_load

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


# Its requests "slow" go on when the test has made the file "go".
WAITING = SCRIPT.replace(
    "    return",
    "    import os, time\n    while raw_data == 'slow' and not os.path.exists('go'):\n        time.sleep(0.02)\n    return",
)


def save(code: Path, version: int, init: str = "pass") -> None:
    text = SCRIPT.replace("VERSION = 1", f"VERSION = {version}").replace("    pass", f"    {init}")
    (code / "score.py").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("workers", [1, 3])
def test_twenty_updates_lose_nothing_and_no_old_answer_follows_a_new_one(
    python: Path, code: Path, folder: Path, workers: int
) -> None:
    others = set(psutil.Process().children(recursive=True))  # of fixtures that live for the whole session
    with launched(python, code, folder, WORKER_COUNT=str(workers)) as service:
        effective: list[tuple[float, int]] = [(0.0, 1)]
        with under_load(service) as seen:
            for version in range(2, 22):
                save(code, version)
                before = len(seen.answers)
                answer = service.update()
                assert answer["ok"] and answer["generation"] == version
                effective.append((time.monotonic(), version))
                while len(seen.answers) < before + 10:  # some answers of this version
                    time.sleep(0.001)
        assert seen.errors == []
        assert len(seen.answers) >= 200
        for sent, received, answer in seen.answers:
            least = max(version for when, version in effective if when <= sent)
            most = max((version for when, version in effective if when <= received), default=1) + 1
            assert least <= answer["version"] <= most, "old code answered a request that was sent after the update"
        newest = 0
        for _, _, answer in sorted(seen.answers, key=lambda entry: entry[0]):
            newest = max(newest, answer["version"])
        assert newest == 21
        assert len(service.workers()) >= workers
    assert set(psutil.Process().children(recursive=True)) <= others


@pytest.mark.parametrize(
    "init", ["raise ValueError('no')", "import sys; sys.exit(0)", "import os; os._exit(0)", "import os; os.kill(os.getpid(), 9)"]
)
def test_failing_updates_under_load_lose_nothing_and_the_old_code_answers(
    python: Path, code: Path, folder: Path, init: str
) -> None:
    with launched(python, code, folder) as service:
        arbiter, (worker,) = service.ask("status")["pid"], service.workers()
        with under_load(service) as seen:
            for _ in range(3):
                save(code, 2, init)
                answer = service.update()
                assert not answer["ok"] and answer["failure"]["phase"] == "init"
            some_answers(seen, 20)
        status = service.ask("status")
        assert (status["pid"], [w["pid"] for w in status["workers"]]) == (arbiter, [worker]), "arbiter and worker untouched"
        assert status["last_failure"] is not None
        assert seen.errors == []
        assert {answer["version"] for _, _, answer in seen.answers} == {1}
        save(code, 3)
        assert service.update()["ok"]
        assert service.score()["version"] == 3
        assert service.ask("status")["last_failure"] is None


def some_answers(seen: Seen, count: int) -> None:
    limit = time.monotonic() + 60
    while len(seen.answers) < count:
        assert time.monotonic() < limit, seen.errors
        time.sleep(0.01)


def test_a_candidate_past_its_deadline_is_given_up(python: Path, code: Path, folder: Path) -> None:
    with launched(python, code, folder) as service:
        save(code, 2, "import time; time.sleep(100)")
        answer = service.update(deadline=0.5)
        assert not answer["ok"] and answer["failure"]["deadline"] == 0.5
        assert service.score()["version"] == 1
        limit = time.monotonic() + 60
        while len(service.workers()) > 1:  # its end takes a moment
            assert time.monotonic() < limit
            time.sleep(0.02)


def test_a_newer_update_takes_over_from_one_under_way(python: Path, code: Path, folder: Path) -> None:
    with launched(python, code, folder) as service:
        save(code, 2, "import time; time.sleep(100)")
        answers: list[dict[str, object]] = []
        first = threading.Thread(target=lambda: answers.append(service.update()))
        first.start()
        service.until(updating=True)
        save(code, 3)
        answers.append(service.update())
        first.join(60)
        assert [(answer["ok"], answer["generation"]) for answer in answers] == [(True, 2), (True, 2)]
        assert service.score()["version"] == 3


def test_a_first_start_that_hangs_can_be_replaced_by_an_update(python: Path, code: Path, folder: Path) -> None:
    save(code, 1, "import time; time.sleep(1000)")
    with launched(python, code, folder, ready=False) as service:
        service.until(state="starting")
        save(code, 2)
        assert service.update()["ok"]
        assert service.score()["version"] == 2


def test_a_request_in_flight_ends_with_the_old_code_and_does_not_hold_up_the_update(
    python: Path, code: Path, folder: Path
) -> None:
    (code / "score.py").write_text(WAITING, encoding="utf-8")
    with launched(python, code, folder) as service:
        answers: list[object] = []
        request = threading.Thread(target=lambda: answers.append(service.score("slow")))
        request.start()
        service.until(state="busy")
        save(code, 2)
        assert service.update()["ok"]
        assert service.score()["version"] == 2
        assert answers == [], "still in flight"
        (code / "go").touch()
        request.join(60)
        assert answers == [{"version": 1}]
        limit = time.monotonic() + 60
        while len(service.workers()) > 1:
            assert time.monotonic() < limit
            time.sleep(0.02)


def test_a_worker_that_dies_in_a_request_comes_back_with_the_same_code(python: Path, code: Path, folder: Path) -> None:
    deadly = SCRIPT.replace("    return", "    if raw_data == 'die':\n        __import__('os')._exit(9)\n    return")
    (code / "score.py").write_text(deadly, encoding="utf-8")
    with launched(python, code, folder) as service:
        save(code, 2)  # saved, not updated
        for body in ("die", "die"):
            with pytest.raises(OSError):
                service.score(body)
            assert service.score()["version"] == 1
        assert service.ask("status")["generation"] == 1
        service.until_logged("exit code 9")


def test_the_stack_of_a_request_that_hangs_is_told(python: Path, code: Path, folder: Path) -> None:
    (code / "score.py").write_text(WAITING, encoding="utf-8")
    with launched(python, code, folder) as service:
        hanging = threading.Thread(target=lambda: service.score("slow"))
        hanging.start()
        service.until(state="busy")
        (stack,) = service.ask("stack")["workers"]
        assert any(f["function"] == "run" and f["path"].endswith("score.py") for t in stack["threads"] for f in t["frames"])
        (code / "go").touch()
        hanging.join(60)


def test_a_hanging_request_is_ended_after_the_workers_timeout(python: Path, code: Path, folder: Path) -> None:
    hanging = SCRIPT.replace("def run(raw_data):", "def run(raw_data):\n    while raw_data == 'hang':\n        pass")
    (code / "score.py").write_text(hanging, encoding="utf-8")
    with launched(python, code, folder, WORKER_TIMEOUT="2") as service:
        (before,) = service.workers()
        hung = threading.Thread(target=lambda: service.request("hang"))
        hung.start()
        hung.join(60)
        assert service.score()["version"] == 1
        assert before not in service.workers()


def test_workers_of_a_killed_arbiter_go_and_free_the_port(python: Path, code: Path, folder: Path) -> None:
    with launched(python, code, folder) as service:
        workers = [psutil.Process(pid) for pid in service.workers()]
        service.process.send_signal(signal.SIGKILL)
        _, alive = psutil.wait_procs(workers, timeout=60)
        assert alive == []


def test_an_update_while_the_only_worker_is_dead(python: Path, code: Path, folder: Path) -> None:
    """A script whose init works once only: the respawn fails, the service waits, an update mends it."""
    (code / "score.py").write_text(
        "import os\n\n\ndef init():\n    if os.path.exists('once'):\n        os._exit(3 + 1)\n    open('once', 'w').close()\n\n\n"
        "def run(raw_data):\n    os._exit(1)\n",
        encoding="utf-8",
    )
    with launched(python, code, folder) as service:
        with pytest.raises(OSError):
            service.score()
        service.until(state="starting")
        save(code, 2)
        assert service.update()["ok"]
        assert service.score()["version"] == 2


def test_init_that_fails_at_the_first_start_ends_the_service_and_leaves_the_reason(
    python: Path, code: Path, folder: Path
) -> None:
    save(code, 1, "raise KeyError('model')")
    with launched(python, code, folder, ready=False) as service:
        assert service.process.wait(60) == 3
        failure = (folder / "failure.json").read_text(encoding="utf-8")
        assert "KeyError" in failure and '"line": 5' in failure
        assert re.search(r"User's init function failed", service.log)


def test_stop_lets_the_request_in_flight_end(python: Path, code: Path, folder: Path) -> None:
    (code / "score.py").write_text(WAITING, encoding="utf-8")
    with launched(python, code, folder) as service:
        answers: list[object] = []
        request = threading.Thread(target=lambda: answers.append(service.score("slow")))
        request.start()
        service.until(state="busy")
        assert service.ask("stop") == {"ok": True}
        (code / "go").touch()
        assert service.process.wait(60) == 0
        request.join(60)
        assert answers == [{"version": 1}]
