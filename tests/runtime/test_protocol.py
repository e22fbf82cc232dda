"""The control channel, as PROTOCOL.md has it."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import re
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from tests.runtime.launched import launched

from scoredock import runtime

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
FOLDER = Path(runtime.__file__).parent


def test_every_command_and_every_field_of_the_status_is_written_down(python: Path, code: Path, folder: Path) -> None:
    text = (FOLDER / "PROTOCOL.md").read_text(encoding="utf-8")
    with launched(python, code, folder) as service:
        for field in service.ask("status"):
            assert f"`{field}`" in text or field == "ok", field
        unknown = service.ask("dance")
        named = re.findall(r"[a-z]+", unknown["error"].partition("(there are")[2])
        assert not unknown["ok"] and {"status", "update", "stop", "watch", "stack", "continue", "attach", "detach"} <= set(named)
        for command in named:
            assert f'"command": "{command}"' in text or f"`{command}`" in text, command


def test_the_socket_is_the_owners_alone_and_bad_requests_are_answered(python: Path, code: Path, folder: Path) -> None:
    with launched(python, code, folder) as service:
        assert stat.S_IMODE((folder / "control").stat().st_mode) == 0o600
        with service.line() as line:
            for bad in (b"nonsense\n", b"[1]\n", b'{"command": 3}\n', b"\xff\xfe\n", b"\n"):
                line.write(bad)
                line.flush()
                assert json.loads(line.readline())["ok"] is False
            line.write(b'{"command": "status"}\n{"command": "status"}\n')
            line.flush()
            assert json.loads(line.readline())["ok"] and json.loads(line.readline())["ok"]
        with service.line() as line, contextlib.suppress(OSError):  # it hangs up
            line.write(b"x" * 3_000_000)
            line.flush()
        assert service.ask("status")["state"] == "healthy"
        assert not service.ask("stack", worker=1)["ok"]
    assert not (folder / "control").exists()


def test_events_come_in_order(python: Path, code: Path, folder: Path) -> None:
    with launched(python, code, folder) as service, service.line() as line:
        line.write(b'{"command": "watch"}\n')
        line.flush()
        assert json.loads(line.readline())["state"] == "healthy"
        service.update()
        (code / "score.py").write_text("def init(): raise OSError('gone')\ndef run(d): pass\n", encoding="utf-8")
        service.update()
        subprocess.run(["kill", "-9", str(service.worker())], check=True)
        events = []
        while len(events) < 4:
            events.append(json.loads(line.readline()))
        assert [event["event"] for event in events] == ["worker-replaced", "update-failed", "worker-died", "worker-started"]
        assert events[1]["failure"]["chain"][0]["type"] == "OSError"
        assert events[2]["failure"]["signal"] == "SIGKILL"
        service.ask("stop")
        assert json.loads(line.readline())["event"] == "stopped"
        assert line.readline() == b""


def test_a_worker_waits_for_a_debugger_before_any_user_code(python: Path, code: Path, folder: Path) -> None:
    (code / "score.py").write_text("open('ran', 'w').close()\ndef init(): pass\ndef run(d): return 1\n", encoding="utf-8")
    with launched(python, code, folder, "--wait-for-debugger", ready=False) as service:
        status = service.until(state="held")
        assert status["workers"][0]["flags"] == ["waiting"]
        assert not (code / "ran").exists()
        assert service.ask("continue")["ok"]
        service.until(state="healthy")
        assert (code / "ran").exists() and service.score() == 1


def test_the_client_speaks_from_a_shell_and_passes_lines_on(python: Path, code: Path, folder: Path) -> None:
    with launched(python, code, folder):
        argv = [str(python), str(FOLDER / "client.py"), "control"]
        one = subprocess.run([*argv, '{"command": "status"}'], cwd=folder, capture_output=True, check=True, timeout=60)
        assert json.loads(one.stdout)["state"] == "healthy"
        assert (
            subprocess.run([*argv, '{"command": "x"}'], cwd=folder, capture_output=True, check=False, timeout=60).returncode == 1
        )
        requests = b'{"command": "status"}\n{"command": "update"}\n'
        relay = subprocess.Popen(argv, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert relay.stdin and relay.stdout
        relay.stdin.write(requests)
        relay.stdin.flush()
        assert json.loads(relay.stdout.readline())["generation"] == 1
        assert json.loads(relay.stdout.readline())["generation"] == 2
        relay.stdin.close()
        assert relay.wait(20) == 0
        relay.stdout.close()


def test_another_service_takes_over_the_port(python: Path, code: Path, folder: Path, tmp_path: Path) -> None:
    """`listeners` and `yield`: what a redeploy is made of (tests/hosting has it from end to end)."""
    with launched(python, code, folder) as service:
        here = Path.cwd()
        os.chdir(folder)
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
                line.connect("control")
                line.sendall(b'{"command": "listeners"}\n')
                data, descriptors, _, _ = socket.recv_fds(line, 4096, 4)
        finally:
            os.chdir(here)
        assert json.loads(data) == {"ok": True, "count": 1}
        with socket.socket(fileno=descriptors[0]) as shared:
            shared.settimeout(60)  # it does not block by itself
            assert shared.getsockname() == ("127.0.0.1", service.port)
            assert service.ask("yield")["ok"]
            assert service.process.wait(20) == 0
            # Nobody accepts, but the port is still ours: the next one finds the connections in the queue.
            with socket.create_connection(("127.0.0.1", service.port), timeout=60):
                client, _ = shared.accept()
                client.close()
        assert (folder / "stopped").exists()


def test_a_worker_whose_init_ends_while_the_service_is_stopped(python: Path, code: Path, folder: Path) -> None:
    (code / "score.py").write_text("import time\ndef init(): time.sleep(0.6)\ndef run(d): return 1\n", encoding="utf-8")
    with launched(python, code, folder, ready=False) as service:
        service.until_logged("Invoking user's init function")
        service.process.terminate()
        assert service.process.wait(60) == 0
        assert "Traceback" not in service.log
        assert not (folder / "control").exists()


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.py")), ids=lambda file: file.name)
def test_the_runtime_keeps_to_old_syntax_and_to_its_own(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"), feature_version=(3, 7))
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        for name in names:
            top = name.partition(".")[0]
            assert top in sys.stdlib_module_names or top in ("gunicorn", "azureml_inference_server_http", "__future__"), name


def test_nothing_waits_busily_when_nothing_happens(python: Path, code: Path, folder: Path) -> None:
    with launched(python, code, folder) as service:
        processes = [psutil.Process(pid) for pid in (service.ask("status")["pid"], *service.workers())]
        limit = time.monotonic() + 60
        while True:  # whatever follows the start ends within a while
            before = [sum(process.cpu_times()[:2]) for process in processes]
            time.sleep(1.0)
            spent = sum(sum(process.cpu_times()[:2]) for process in processes) - sum(before)
            if spent <= 0.02:
                break
            assert time.monotonic() < limit, f"{spent} s of CPU in an idle second"
