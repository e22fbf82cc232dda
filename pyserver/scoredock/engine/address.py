"""Where the Docker engine is: what the docker command line would use, and after that the places where engines usually listen."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scoredock.engine.values import Address, Certificates, EngineAbsent
from scoredock.l10n import t


def find_address(environment: Mapping[str, str] | None = None, home: Path | None = None) -> Address:
    """The engine's address, in the docker command line's own order: DOCKER_HOST, DOCKER_CONTEXT, the current context.

    With none of these, or with the context called "default", the usual sockets are looked at: the system's, then
    rootless Docker's, Docker Desktop's and Podman's. Raises `EngineAbsent` where nothing could listen at all, and for a
    context that does not exist (as the command line does).
    """
    environment = os.environ if environment is None else environment
    home = Path.home() if home is None else home
    host = environment.get("DOCKER_HOST")
    if host:
        return Address(host, "DOCKER_HOST", _certificates_of_the_environment(environment, home))
    configuration = Path(environment.get("DOCKER_CONFIG") or home / ".docker")
    context = environment.get("DOCKER_CONTEXT")
    said_by = "DOCKER_CONTEXT"
    if not context:
        context = _current_context(configuration / "config.json")
        said_by = t("the current docker context")
    if context and context != "default":
        return _of_context(configuration / "contexts", context, said_by)
    looked_at = []
    for address in usual_places(environment, home):
        if _may_listen(address.url):
            return address
        looked_at.append(address.url)
    raise EngineAbsent(
        t("No Docker engine was found (looked for {0}).", ", ".join(looked_at)),
        t("Start Docker, or Docker Desktop, or set DOCKER_HOST; or run the service without Docker: --target process."),
    )


def usual_places(environment: Mapping[str, str], home: Path) -> Iterator[Address]:
    """Where engines listen when nobody says otherwise, likeliest first."""
    if sys.platform == "win32":
        yield Address("npipe:////./pipe/docker_engine", t("Docker Desktop's usual pipe"))
        yield Address("npipe:////./pipe/podman-machine-default", t("Podman's usual pipe"))
        return
    yield Address("unix:///var/run/docker.sock", t("the usual socket"))
    running = environment.get("XDG_RUNTIME_DIR")
    if running:
        yield Address(f"unix://{running}/docker.sock", t("rootless Docker's socket"))
    yield Address(f"unix://{home}/.docker/run/docker.sock", t("Docker Desktop's socket"))
    yield Address(f"unix://{home}/.docker/desktop/docker.sock", t("Docker Desktop's socket"))
    yield Address(f"unix://{home}/.colima/default/docker.sock", t("Colima's socket"))
    yield Address(f"unix://{home}/.rd/docker.sock", t("Rancher Desktop's socket"))
    if running:
        yield Address(f"unix://{running}/podman/podman.sock", t("Podman's socket"))
    yield Address("unix:///run/podman/podman.sock", t("Podman's socket"))


def _may_listen(url: str) -> bool:
    if url.startswith("npipe://"):
        return Path(url.removeprefix("npipe:").replace("/", "\\")).exists()
    try:
        return stat.S_ISSOCK(Path(url.removeprefix("unix://")).stat().st_mode)
    except OSError:
        return False


def _current_context(file: Path) -> str | None:
    configuration = _json(file)
    current = configuration.get("currentContext")
    return current if isinstance(current, str) else None


def _of_context(contexts: Path, name: str, said_by: str) -> Address:
    # The command line keeps a context under the hash of its name, its TLS files beside it under the endpoint's name.
    identifier = hashlib.sha256(name.encode("utf-8")).hexdigest()
    endpoint = _json(contexts / "meta" / identifier / "meta.json").get("Endpoints", {}).get("docker", {})
    host = endpoint.get("Host")
    if not isinstance(host, str) or not host:
        raise EngineAbsent(
            t('The docker context "{0}" (named by {1}) does not exist.', name, said_by),
            t("Choose one that `docker context ls` shows with `docker context use`, or unset DOCKER_CONTEXT."),
        )
    folder = contexts / "tls" / identifier / "docker"
    certificates = Certificates(folder, verify=not endpoint.get("SkipTLSVerify", False)) if folder.is_dir() else None
    return Address(host, t('the docker context "{0}"', name), certificates)


def _certificates_of_the_environment(environment: Mapping[str, str], home: Path) -> Certificates | None:
    verify = bool(environment.get("DOCKER_TLS_VERIFY"))
    folder = environment.get("DOCKER_CERT_PATH")
    if not verify and not folder:
        return None
    return Certificates(Path(folder) if folder else home / ".docker", verify=verify)


def _json(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
