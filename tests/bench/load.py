"""A closed-loop client as a process of its own: one connection at a time, as fast as the server answers.

The inference server closes every connection (its workers are synchronous), so each request opens one; raw sockets keep the
client's own share small. ``python -m tests.bench.load PORT SECONDS BODYFILE`` prints requests, p50 and p99 in milliseconds.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Load:
    """What the client saw: answers per second, and latencies in seconds."""

    rate: float
    p50: float
    p99: float


def measure(port: int, body: Path, seconds: float = 2.0) -> Load:
    """Run the client against a port of this machine."""
    argv = [sys.executable, "-m", "tests.bench.load", str(port), str(seconds), str(body)]
    done = subprocess.run(argv, check=True, capture_output=True, text=True, timeout=seconds + 60)
    return Load(**json.loads(done.stdout))


def hammer(port: int, seconds: float, body: bytes) -> Load:
    head = (
        f"POST /score HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    request = head.encode() + body
    latencies: list[float] = []
    began = time.perf_counter()
    until = began + seconds
    while (started := time.perf_counter()) < until:
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(request)
            answer = connection.recv(65536)
            if not answer.startswith(b"HTTP/1.1 200"):
                raise SystemExit(f"answered {answer[:200]!r}")
            while connection.recv(65536):
                pass
        latencies.append(time.perf_counter() - started)
    spent = time.perf_counter() - began
    latencies.sort()
    return Load(len(latencies) / spent, latencies[len(latencies) // 2], latencies[int(len(latencies) * 0.99)])


if __name__ == "__main__":
    load = hammer(int(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3]).read_bytes())
    print(json.dumps({"rate": load.rate, "p50": load.p50, "p99": load.p99}))
