"""An engine that does not answer is one clear sentence, not a traceback."""

import os
import socket
from pathlib import Path

import pytest

from scoredock.engine.connection import connect
from scoredock.engine.values import Address, EngineAbsent


def test_no_socket(tmp_path: Path) -> None:
    with pytest.raises(EngineAbsent, match="No Docker engine answers") as said:
        connect(Address(f"unix://{tmp_path}/none.sock", "DOCKER_HOST"))
    assert "Start Docker" in said.value.todo


def test_nobody_listens_on_the_port() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with pytest.raises(EngineAbsent, match="No Docker engine answers"):
        connect(Address(f"tcp://127.0.0.1:{port}", "DOCKER_HOST"))


def test_something_else_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("other.sock")
        listening.listen()
        import threading

        def hang_up() -> None:
            listening.accept()[0].close()

        threading.Thread(target=hang_up, daemon=True).start()
        with pytest.raises(EngineAbsent):
            connect(Address(f"unix://{tmp_path}/other.sock", "DOCKER_HOST"))


def test_a_socket_that_is_not_ours_says_the_group(tmp_path: Path) -> None:
    from scoredock.engine.connection import absent

    error = absent(Address("unix:///var/run/docker.sock", "the usual socket"), PermissionError(13, "Permission denied"))
    assert "may not use" in error.what and "docker" in error.todo


def test_an_address_of_no_known_kind() -> None:
    with pytest.raises(EngineAbsent):
        connect(Address("gopher://x", "DOCKER_HOST"))


def test_the_sdk_is_not_imported_before_it_is_needed() -> None:
    import subprocess
    import sys

    rooms = "scoredock.engine.builds, scoredock.engine.containers, scoredock.engine.logs"
    program = f"import sys, {rooms}; sys.exit('docker' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False, env={**os.environ}).returncode == 0
