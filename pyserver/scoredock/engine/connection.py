"""One connection to a Docker engine through the docker SDK, and the SDK's errors said in a person's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scoredock.engine.address import find_address
from scoredock.engine.background import Job
from scoredock.engine.values import About, Address, ContainerGone, EngineAbsent, EngineProblem
from scoredock.l10n import t

if TYPE_CHECKING:
    import docker

# Seconds that an engine gets to answer a plain question. Creating a container on a busy disk takes it tens of seconds.
PATIENCE = 60


SELINUX = Path("/sys/fs/selinux/enforce")  # is there while the kernel enforces it


@dataclass(frozen=True, slots=True)
class Connection:
    """An engine that has answered."""

    address: Address
    client: docker.DockerClient
    about: About

    @property
    def api(self) -> Any:
        """The SDK's lower level; untyped there."""
        return self.client.api

    def close(self) -> None:
        self.client.close()


def connect(address: Address | None = None) -> Connection:
    """Find the engine and speak to it. Blocking. Raises `EngineAbsent` with what to do."""
    address = address or find_address()
    with saying_plainly(address):
        client = _client(address)
        try:
            return Connection(address, client, _about(client.info(), client.version(), address))
        except BaseException:
            client.close()
            raise


def _client(address: Address) -> docker.DockerClient:
    # Here and not above: the SDK takes 0.2 s to import and most runs never speak to Docker.
    import docker
    from docker.tls import TLSConfig

    tls: Any = False
    if address.certificates:
        folder = address.certificates.folder
        tls = TLSConfig(
            client_cert=(str(folder / "cert.pem"), str(folder / "key.pem")) if (folder / "cert.pem").exists() else None,
            ca_cert=str(folder / "ca.pem") if (folder / "ca.pem").exists() else None,
            verify=address.certificates.verify,
        )
    return docker.DockerClient(
        base_url=address.url, version="auto", timeout=PATIENCE, tls=tls, use_ssh_client=address.url.startswith("ssh://")
    )


@contextmanager
def closed_on_stop(connection: Connection, job: Job) -> Iterator[Any]:
    """The SDK's lower level on a line of its own, which is cut when nobody waits for the job any more.

    The engine then ends what it was doing there: a pull, a build. Without this a reader that hangs in a silent step
    would learn of the wish to stop only when the step is over.
    """
    from docker.types.daemon import CancellableStream

    with saying_plainly(connection.address):
        client = _client(connection.address)
        try:
            client.api.hooks["response"].append(lambda response, **_: job.on_stop(CancellableStream(iter(()), response).close))
            yield client.api
        finally:
            client.close()


def _about(info: dict[str, Any], version: dict[str, Any], address: Address) -> About:
    parts = [part.get("Name", "") for part in version.get("Components") or ()]
    product = "Podman" if any("podman" in part.lower() for part in parts) else "Docker"
    security = info.get("SecurityOptions") or ()
    runtimes = info.get("Runtimes") or {}
    devices = info.get("DiscoveredDevices") or ()  # engines that know CDI list devices there
    return About(
        product=product,
        version=str(info.get("ServerVersion", "")),
        architecture=_PLATFORM_NAMES.get(str(info.get("Architecture", "")), str(info.get("Architecture", ""))),
        cpus=int(info.get("NCPU") or 0),
        memory=int(info.get("MemTotal") or 0),
        gpus="nvidia" in runtimes or any("nvidia" in str(device.get("ID", "")) for device in devices),
        # Podman's compatible answer leaves it out: this machine's own kernel knows.
        selinux=any("name=selinux" in str(option) for option in security) or (address.on_this_machine and SELINUX.exists()),
    )


# The kernel's names of machines -> the names in image platforms.
_PLATFORM_NAMES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm"}


@contextmanager
def saying_plainly(address: Address) -> Iterator[None]:
    """Turn what the SDK and the libraries under it raise into our errors: what happened, and what to do."""
    import docker.errors
    import requests.exceptions
    import urllib3.exceptions

    try:
        yield
    except docker.errors.NotFound as error:
        raise ContainerGone(_explanation(error)) from error
    except docker.errors.APIError as error:
        raise EngineProblem(t("The Docker engine refused: {0}", _explanation(error))) from error
    except (docker.errors.DockerException, requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        raise absent(address, error) from error


def does_not_run(problem: EngineProblem) -> bool:
    """Whether the engine refused because the container does not run: in Docker's words, or in Podman's."""
    return any(sign in problem.what for sign in ("is not running", "is paused", "container state improper"))


def absent(address: Address, error: BaseException | str) -> EngineAbsent:
    """The engine does not answer: the reason in one sentence, as far as the text of ``error`` gives it away."""
    text = str(error)
    where = f"{address.url} ({address.said_by})"
    if "Permission denied" in text or "PermissionError" in text:
        return EngineAbsent(
            t("You may not use the Docker engine at {0}.", where),
            t(
                'Add yourself to the group "docker" (sudo usermod -aG docker $USER) and log in again; '
                "or run without Docker: --target process."
            ),
        )
    if "timed out" in text.lower():
        return EngineAbsent(
            t("The Docker engine at {0} did not answer within {1} s.", where, PATIENCE),
            t("Restart Docker; or run without Docker: --target process."),
        )
    return EngineAbsent(
        t("No Docker engine answers at {0}.", where),
        t("Start Docker, or set DOCKER_HOST to where it runs; or run without Docker: --target process."),
        details=text[-500:],
    )


def _explanation(error: Any) -> str:
    text = str(getattr(error, "explanation", None) or error).strip()
    return text if text.endswith(".") else f"{text}."
