"""`ModelPackage`: a self-contained image that is made while the script goes on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scoredock.api.deployments import Deployment, served
from scoredock.api.exceptions import WebserviceException
from scoredock.api.failing import sdk_errors
from scoredock.api.own_base import on_own_base
from scoredock.api.telling import say
from scoredock.api.unsupported import Unsupported
from scoredock.errors import ScoredockError
from scoredock.progress import Step

if TYPE_CHECKING:
    from scoredock.api.inference_config import InferenceConfig
    from scoredock.api.workspace import Workspace


class ModelPackage:
    """An image on this machine's Docker engine, or the folder that one is built from."""

    def __init__(
        self,
        workspace: Workspace,
        models: Sequence[Any],
        inference_config: InferenceConfig,
        *,
        generate_dockerfile: bool,
        name: str | None,
        label: str | None,
    ) -> None:
        self.workspace = workspace
        self.environment = inference_config.environment
        self.generate_dockerfile = generate_dockerfile
        self.location = None if generate_dockerfile else f"{name or 'package'}:{label or 'latest'}"
        self.state = "Running"
        inference_config.validate_configuration()
        deployment = Deployment(served(workspace, models)).with_inference(inference_config)
        if deployment.interpreter is not None:
            raise WebserviceException(
                "An environment with user_managed_dependencies has no packages that an image could be made of.",
                "Give the environment packages.",
            )
        self._project = deployment.project(name or "package")
        self._dockerfile = deployment.base_dockerfile
        self._lines: list[str] = []
        self._failure: BaseException | None = None
        # Not a daemon: a script that ends without waiting still leaves an image behind.
        self._making = threading.Thread(target=self._make, name=f"package {self.location}", daemon=False)
        self._making.start()

    def wait_for_creation(self, show_output: bool = False) -> None:
        """Wait until it is there. Raises when it cannot be made."""
        shown = 0
        while self._making.is_alive():
            self._making.join(0.1)
            if show_output:
                for line in self._lines[shown:]:
                    say(line)
                shown = len(self._lines)
        self.update_creation_state()
        say(f"Package creation {self.state}")
        if self._failure is not None:
            failure = self._failure
            if not isinstance(failure, ScoredockError):
                raise failure
            said = f"Package creation reached non-successful terminal state. State is {self.state}. {failure.what}"
            raise WebserviceException(said, failure.todo, details=failure.details) from failure

    def update_creation_state(self) -> None:
        """Look what has become of it."""
        if not self._making.is_alive():
            self.state = "Failed" if self._failure is not None else "Succeeded"

    def pull(self) -> str:
        """The name of the image, which is on this machine's engine already."""
        if self.generate_dockerfile or self.location is None:
            raise WebserviceException("A Dockerfile package cannot be pulled. Use save() instead.")
        self.wait_for_creation()
        return self.location

    def save(self, output_directory: Any) -> None:
        """Write the Dockerfile and all that it copies into a folder."""
        if not self.generate_dockerfile:
            raise WebserviceException("Docker images cannot be saved to a local directory. Use pull() instead.")
        folder = Path(output_directory)
        if folder.exists() and not folder.is_dir():
            raise WebserviceException(f"Error, output path is not a directory: {output_directory}")
        self.wait_for_creation()
        from scoredock.hosting.docker_package import write_context

        with sdk_errors():
            asyncio.run(write_context(self._project, folder))

    def get_logs(self, decode: bool = True, offset: int = 0) -> str | bytes:
        """What the build has printed so far, from its ``offset``-th byte on."""
        text = "".join(f"{line}\n" for line in self._lines).encode()[offset:]
        return text.decode("utf-8", "replace") if decode else text

    def serialize(self) -> dict[str, Any]:
        self.update_creation_state()
        return {"generateDockerfile": self.generate_dockerfile, "location": self.location, "state": self.state}

    def __repr__(self) -> str:
        return f"ModelPackage(workspace={self.workspace!r}, state={self.state}, location={self.location})"

    get_container_registry = Unsupported("is in no registry", "Push it with 'docker push'.")

    def _make(self) -> None:
        try:
            asyncio.run(self._build())
        except BaseException as failure:
            self._failure = failure

    async def _build(self) -> None:
        self._project = await on_own_base(self._project, self._dockerfile, self._hear)
        # The environment is most of the work: also of a package that is only to be written down.
        if self.generate_dockerfile:
            from scoredock.hosting.services import docker_environment

            await docker_environment(self._project, self._hear)
        else:
            from scoredock.hosting.docker_package import package

            await package(self._project, tag=self.location, progress=self._hear, listen=self._lines.append)

    def _hear(self, step: Step) -> None:
        if not self._lines or self._lines[-1] != step.title:
            self._lines.append(step.title)
