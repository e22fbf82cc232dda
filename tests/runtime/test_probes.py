"""Liveness and readiness, as the deployment file has them, asked of a real server."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from tests.runtime.conftest import SCRIPT
from tests.runtime.launched import launched

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

# Hangs until a file is there.
WAITS = "    while raw_data == 'hang' and not os.path.exists('go'):\n        time.sleep(0.02)\n"
HANGING = "import os, time\n" + SCRIPT.replace("    return", WAITS + "    return")
OFF = {"initial_delay": 100000}


def every_moment(**more: Any) -> dict[str, Any]:
    return {"initial_delay": 0, "period": 0.2, "timeout": 0.2, "failure_threshold": 3, **more}


@pytest.mark.parametrize("probe", ["liveness", "readiness"])
def test_busy_then_unhealthy_then_healthy_again(python: Path, code: Path, folder: Path, probe: str) -> None:
    (code / "score.py").write_text(HANGING, encoding="utf-8")
    told = {"probes": {"liveness": OFF, "readiness": OFF, probe: every_moment(success_threshold=2)}}
    with launched(python, code, folder, told=told) as service:
        hanging = threading.Thread(target=lambda: service.request("hang"))
        hanging.start()
        status = service.until(state="unhealthy")
        assert not status["probes"][probe]["passing"] and status["probes"][probe]["failures"] >= 3
        assert [p["passing"] for name, p in status["probes"].items() if name != probe] == [True]
        (code / "go").touch()
        hanging.join(60)
        status = service.until(state="healthy")
        assert status["probes"][probe]["passing"]
        assert '"GET / HTTP' not in service.log, "the probes are not in the user's way"


def test_within_the_thresholds_a_long_request_is_busy_and_no_more(python: Path, code: Path, folder: Path) -> None:
    (code / "score.py").write_text(HANGING, encoding="utf-8")
    told = {"probes": {name: every_moment(failure_threshold=100000) for name in ("liveness", "readiness")}}
    with launched(python, code, folder, told=told) as service:
        hanging = threading.Thread(target=lambda: service.request("hang"))
        hanging.start()
        status = service.until(state="busy")
        while status["probes"]["liveness"]["failures"] < 2:
            status = service.until(state="busy")
        (code / "go").touch()
        hanging.join(60)
        service.until(state="healthy")


def test_an_update_brings_an_unhealthy_service_back(python: Path, code: Path, folder: Path) -> None:
    (code / "score.py").write_text(HANGING, encoding="utf-8")
    with launched(python, code, folder, told={"probes": {"liveness": every_moment()}}) as service:
        hanging = threading.Thread(target=lambda: service.request("hang"))
        hanging.start()
        service.until(state="unhealthy")
        (code / "score.py").write_text(SCRIPT.replace("VERSION = 1", "VERSION = 2"), encoding="utf-8")
        assert service.update()["ok"]
        service.until(state="healthy")
        assert service.score()["version"] == 2
        (code / "go").touch()
        hanging.join(60)


def test_nothing_is_asked_before_a_worker_is_ready_or_while_it_waits_for_a_debugger(
    python: Path, code: Path, folder: Path
) -> None:
    told = {"probes": {"liveness": every_moment(failure_threshold=1, period=0.05, timeout=0.05)}}
    with launched(python, code, folder, "--wait-for-debugger", ready=False, told=told) as service:
        service.until(state="held")
        assert service.ask("stack")["ok"]
        assert service.ask("status")["probes"]["liveness"] == {"passing": True, "failures": 0}
