"""An engine that a test may stop, kill and starve: a dockerd of its own, with nothing in common with the machine's."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
import psutil

PATIENCE = 60.0


class PrivateEngine:
    """Its containers have a network of their own that leads nowhere but to 127.0.0.1 of this machine."""

    def __init__(self, folder: Path, data: Path | None = None) -> None:
        self.folder = folder
        self.data = data or folder / "data"
        # A socket's path must be short, a pytest folder's is not.
        self.run = Path(f"/run/scoredock-test-{os.getpid()}-{secrets.token_hex(3)}")
        self.url = f"unix://{self.run}/docker.sock"
        self.bridge = f"sd{secrets.token_hex(4)}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.run.mkdir(exist_ok=True)
        with (self.folder / "dockerd.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *("dockerd", "--data-root", str(self.data), "--exec-root", str(self.run / "exec")),
                    *("--pidfile", str(self.run / "pid"), "--host", self.url),
                    *("--bridge", self.bridge, "--iptables=false", "--ip-masq=false"),
                    *("--shutdown-timeout", "2"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        limit = time.monotonic() + PATIENCE
        pause = threading.Event()
        while not self.answers():
            assert self._process.poll() is None, (self.folder / "dockerd.log").read_text()[-2000:]
            assert time.monotonic() < limit, "dockerd did not come up"
            pause.wait(0.1)

    def answers(self) -> bool:
        try:
            client = docker.DockerClient(base_url=self.url, timeout=5)
            try:
                return bool(client.ping())
            finally:
                client.close()
        except Exception:
            return False

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """SIGTERM as a package upgrade does; SIGKILL as a crash does."""
        process, self._process = self._process, None
        if process is None:
            return
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(how)
        process.wait(PATIENCE)
        psutil.wait_procs(children, timeout=PATIENCE if how is signal.SIGTERM else 5)
        self.bury()

    def bury(self) -> None:
        """Kill what an engine leaves behind that was killed itself: shims, and whatever runs in its containers."""
        ours = Path("/proc/self/ns/mnt").readlink()
        for process in psutil.process_iter(["cmdline"]):
            with contextlib.suppress(psutil.Error, OSError):
                of_ours = any(str(self.run) in word for word in process.info["cmdline"] or ())
                if not of_ours and Path(f"/proc/{process.pid}/ns/mnt").readlink() != ours:
                    # Its root must lie there: a container of another engine that is just starting still sees all of our mounts.
                    mounts = Path(f"/proc/{process.pid}/mountinfo").read_text().splitlines()
                    of_ours = any(line.split()[4] == "/" and str(self.data) in line for line in mounts)
                if of_ours:
                    process.kill()

    def bring(self, image: str) -> None:
        """Copy an image over from the machine's engine."""
        with subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE) as saving:
            subprocess.run(
                ["docker", "--host", self.url, "load"], stdin=saving.stdout, check=True, capture_output=True, timeout=120
            )
        assert saving.returncode == 0


@contextmanager
def private_engine(folder: Path, data: Path | None = None) -> Iterator[PrivateEngine]:
    engine = PrivateEngine(folder, data)
    third = 100 + secrets.randbelow(150)
    for command in (
        ("link", "add", engine.bridge, "type", "bridge"),
        ("addr", "add", f"172.31.{third}.1/24", "dev", engine.bridge),
        ("link", "set", engine.bridge, "up"),
    ):
        subprocess.run(["ip", *command], check=True, capture_output=True)
    try:
        engine.start()
        yield engine
    finally:
        engine.stop()
        engine.bury()
        for mount in reversed(Path("/proc/self/mounts").read_text().splitlines()):
            place = mount.split()[1]
            if place.startswith((f"{engine.data}/", f"{engine.run}/")) or (data is None and place == str(engine.data)):
                subprocess.run(["umount", "--lazy", place], check=False, capture_output=True)
        subprocess.run(["ip", "link", "del", engine.bridge], check=False, capture_output=True)
        subprocess.run(["rm", "-rf", engine.run], check=False)
