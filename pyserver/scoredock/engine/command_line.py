"""The docker command line, needed for one thing only: BuildKit, which the SDK cannot drive."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

from scoredock.engine.values import Address


def with_buildkit() -> Path | None:
    """A docker command that can build with BuildKit, the first on PATH; ``None`` where there is none.

    Since 23 the command needs the buildx plugin for that and refuses DOCKER_BUILDKIT=1 without it; before, BuildKit's
    client was built in. A machine may have both, one from the distribution and one by hand.
    """
    for folder in os.get_exec_path():
        found = shutil.which("docker", path=folder)
        if found and _has_buildkit(Path(found).resolve()):
            return Path(found)
    return None


@lru_cache
def _has_buildkit(command: Path) -> bool:
    if _answer(command, "buildx", "version") is not None:
        return True
    version = _answer(command, "--version") or ""  # "Docker version 20.10.24+dfsg1, build 297e128"
    major = version.removeprefix("Docker version ").split(".")[0]
    # Podman's docker look-alike says "podman version …".
    return version.startswith("Docker version ") and major.isdigit() and 19 <= int(major) < 23


def _answer(command: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            [command, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=False, text=True
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def environment_for(address: Address) -> dict[str, str]:
    """The variables that make the command talk to this engine, whatever its own context says, and build with BuildKit."""
    environment = dict(os.environ)
    for name in ("DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "BUILDX_BUILDER"):
        environment.pop(name, None)
    environment["DOCKER_HOST"] = address.url
    environment["DOCKER_BUILDKIT"] = "1"
    # Attestations turn an image into an index that older engines cannot run.
    environment["BUILDX_NO_DEFAULT_ATTESTATIONS"] = "1"
    if address.certificates:
        environment["DOCKER_CERT_PATH"] = str(address.certificates.folder)
        if address.certificates.verify:
            environment["DOCKER_TLS_VERIFY"] = "1"
    return environment
