"""`LocalWebservice`: a service on this machine, and `Webservice`, which here is nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from scoredock.api import deployments
from scoredock.api.deploy_configuration import LocalWebserviceDeploymentConfiguration
from scoredock.api.deployments import Deployment
from scoredock.api.exceptions import AzureMLException, WebserviceException
from scoredock.api.failing import sdk_errors
from scoredock.api.inference_config import InferenceConfig
from scoredock.api.telling import say
from scoredock.api.unsupported import Unsupported, refuse
from scoredock.api.waiting import wait_for
from scoredock.errors import ScoredockError
from scoredock.hosting.values import ScriptCrashed, Service, State

if TYPE_CHECKING:
    from types import ModuleType

    from scoredock.api.starting import Start
    from scoredock.api.workspace import Workspace

Method = TypeVar("Method", bound=Callable[..., Any])
CRASHED = "Error: Container has crashed. Did your init method fail?"
SECONDS = 300.0  # one request may take; the server's own limit on a worker
LOG_LINES = 50  # of a service that crashed
CLOUD = "deploys to Azure"
STATES = {
    State.BUILDING: "deploying",
    State.STARTING: "deploying",
    State.HEALTHY: "running",
    State.UNHEALTHY: "running",
    State.BUSY: "running",
    State.HELD: "running",
    State.CRASHED: "failed",
    State.STOPPED: "failed",
}


def _in_state(*states: str) -> Callable[[Method], Method]:
    """Only when the service is in one of these states."""

    def decorate(method: Method) -> Method:
        @wraps(method)
        def checked(self: LocalWebservice, *args: Any, **kwargs: Any) -> Any:
            if self.state not in states:
                raise WebserviceException(f"Cannot call {method.__name__}() when service is {self.state}.")
            return method(self, *args, **kwargs)

        return cast(Method, checked)

    return decorate


def _services() -> ModuleType:
    """The use cases of services, which take a while to import: a script that only registers a model does without."""
    from scoredock.hosting import services

    return services


class Webservice:
    """A service by its name. All services here are local ones."""

    def __new__(cls, *_: Any, **__: Any) -> Webservice:
        return object.__new__(LocalWebservice if cls is Webservice else cls)

    @staticmethod
    def list(
        workspace: Workspace,
        compute_type: str | None = None,
        image_name: str | None = None,
        image_id: str | None = None,
        model_name: str | None = None,
        model_id: str | None = None,
        tags: Any = None,
        properties: Any = None,
        image_digest: str | None = None,
    ) -> list[LocalWebservice]:
        """Services of this machine that run."""
        refuse("Webservice.list", image_name=image_name, image_id=image_id, tags=tags, properties=properties)
        refuse("Webservice.list", image_digest=image_digest)
        if compute_type is not None and compute_type.lower() != "local":
            refuse("Webservice.list", "Services here are local.", compute_type=compute_type)
        return LocalWebservice.list(workspace, model_name=model_name, model_id=model_id)

    check_for_existing_webservice = Unsupported("asks Azure")
    deploy = Unsupported(CLOUD, "Use Model.deploy with LocalWebservice.deploy_configuration().")
    deploy_from_image = Unsupported(CLOUD, "Use Model.deploy with LocalWebservice.deploy_configuration().")
    deploy_from_model = Unsupported(CLOUD, "Use Model.deploy with LocalWebservice.deploy_configuration().")
    deploy_local_from_model = Unsupported("takes an image configuration", "Use Model.deploy with an InferenceConfig.")
    deserialize = Unsupported("reads an answer of Azure")


class LocalWebservice(Webservice):
    """A service that answers on this machine only."""

    STATE_DELETED = "deleted"
    STATE_DEPLOYING = "deploying"
    STATE_FAILED = "failed"
    STATE_RUNNING = "running"
    STATE_UNKNOWN = "unknown"
    NETWORK_NAME = "azureml-local"

    def __init__(self, workspace: Workspace, name: str, must_exist: bool = True) -> None:
        self.workspace = workspace
        self.name = name
        self.compute_type = "Local"
        self.error: str | None = None
        self.image_id = None
        self.tags: dict[str, str] | None = None
        self.properties: dict[str, str] | None = None
        self.created_time = self.updated_time = datetime.now()  # noqa: DTZ005 (as the SDK's: local and naive)
        self.state = self.STATE_UNKNOWN
        self._start: Start | None = None
        self._service: Service | None = None
        self._deployment = deployments.kept(workspace, name) or Deployment()
        self.update_deployment_state(must_exist=must_exist)

    @staticmethod
    def deploy_configuration(port: int | None = None, target: str | None = None) -> LocalWebserviceDeploymentConfiguration:
        """``port`` of this machine, a free one unless it is given. ``target``: "docker" or "process"; by default Docker where
        an engine answers."""
        return LocalWebserviceDeploymentConfiguration(port, target)

    @staticmethod
    def list(  # type: ignore[override]  # the SDK's own subclass takes other parameters
        workspace: Workspace, model_name: str | None = None, model_id: str | None = None, all: bool | None = None
    ) -> list[LocalWebservice]:
        """Services of this machine: those that run, or ``all``."""
        found: list[LocalWebservice] = []
        for service in wait_for(_services().list_services):
            local = LocalWebservice(workspace, service.name, must_exist=False)
            models = local._deployment.models
            if model_name is not None and model_name not in [model.name for model in models]:
                continue
            if model_id is not None and model_id not in [f"{model.name}:{model.version}" for model in models]:
                continue
            if all or local.state == LocalWebservice.STATE_RUNNING:
                found.append(local)
        return found

    @classmethod
    def _deploy(
        cls,
        workspace: Workspace,
        name: str,
        models: Sequence[Any],
        inference_config: InferenceConfig,
        deployment_config: Any,
        *,
        overwrite: bool,
        show_output: bool,
    ) -> LocalWebservice:
        service = cls(workspace, name, must_exist=False)
        if service._service is not None and not overwrite:
            say(f"Replacing the local service {name}, as local deployments of SDK v1 do.")
        service._deployment = Deployment()
        config = deployment_config or cls.deploy_configuration()
        service._change(models, config, inference_config)
        service._begin(show_output=show_output)
        return service

    # The life of a service.

    @_in_state(STATE_DEPLOYING, STATE_RUNNING)
    def wait_for_deployment(self, show_output: bool = False) -> None:
        """Wait until the service is healthy. Raises when it crashed, and prints the end of its log."""
        say("Checking container health..." if self._is_docker() else "Checking service health...")
        if self._start is not None:
            try:
                self._service = self._start.wait(show_output=show_output)
            except ScoredockError as failure:
                self._failed(failure)
            finally:
                self._start = None
        self.update_deployment_state(must_exist=True)
        if self.state != self.STATE_RUNNING:
            self._failed(WebserviceException(self._service.exit_reason if self._service else ""))
        say(f"Local webservice is {self.state} at {self._base_url}")

    @_in_state(STATE_DEPLOYING, STATE_FAILED, STATE_RUNNING, STATE_UNKNOWN)
    def update(
        self,
        models: Sequence[Any] | None = None,
        image_config: Any = None,
        deployment_config: LocalWebserviceDeploymentConfiguration | None = None,
        wait: bool = False,
        inference_config: InferenceConfig | None = None,
    ) -> None:
        """Deploy again with what is given and otherwise as before: new code, models and packages."""
        refuse("LocalWebservice.update", "Use an InferenceConfig.", image_config=image_config)
        if not self._deployment.entry_script and inference_config is None:
            raise WebserviceException(f"The service {self.name} was not started by Model.deploy.", "Give it an InferenceConfig.")
        self._change(models, deployment_config, inference_config)
        self._begin(show_output=False)
        if wait:
            self.wait_for_deployment()

    @_in_state(STATE_DEPLOYING, STATE_FAILED, STATE_RUNNING)
    def reload(self, wait: bool = False) -> None:
        """Take the code and models that are on the disk now; packages stay as they are. A script that fails leaves the
        service with the code it had."""
        if self._start is not None:
            self.wait_for_deployment()
        self.update_deployment_state()
        if self.state == self.STATE_FAILED:
            self._begin(show_output=False)
        else:
            try:
                self._service = wait_for(lambda: _services().update(self.name)).service
            except ScoredockError as failure:
                message = CRASHED if isinstance(failure, ScriptCrashed) else "Error: Reloading the service has failed."
                raise WebserviceException(f"{message} {failure.what}", failure.todo, details=failure.details) from failure
        if wait:
            self.wait_for_deployment()

    @_in_state(STATE_DEPLOYING, STATE_FAILED, STATE_RUNNING)
    def delete(self, delete_cache: bool = True, delete_image: bool = False, delete_volume: bool = True) -> None:
        """End the service and leave nothing of it but its environment, which others may share."""
        refuse(
            "LocalWebservice.delete",
            "Images of environments are shared: remove one with 'docker rmi'.",
            delete_image=delete_image,
            **{name: "False" for name, given in (("delete_cache", delete_cache), ("delete_volume", delete_volume)) if not given},
        )
        if self._start is not None:
            self._start.join()
            self._start = None
        with sdk_errors():
            if wait_for(lambda: _services().find(self.name)) is not None:
                wait_for(lambda: _services().stop(self.name))
        deployments.forget(self.workspace, self.name)
        self.state = self.STATE_DELETED

    # Using it.

    @_in_state(STATE_DEPLOYING, STATE_RUNNING)
    def run(self, input_data: Any) -> Any:
        """Send a request, JSON as text or bytes, and return the answer."""
        import requests

        if self.state == self.STATE_DEPLOYING:
            self.wait_for_deployment()
        headers = {"Content-Type": "application/json"}
        try:
            answer = requests.post(str(self.scoring_uri), data=input_data, headers=headers, timeout=SECONDS)
        except requests.RequestException as failed:
            self._show_logs()
            raise WebserviceException("Error: Connection with container for scoring has failed.", str(failed)) from failed
        if answer.status_code != 200:
            raise WebserviceException(
                "Error: Scoring was unsuccessful.", f"The service answered {answer.status_code}: {answer.text[:500]}"
            )
        return answer.json()

    @_in_state(STATE_DEPLOYING, STATE_FAILED, STATE_RUNNING)
    def get_logs(self, num_lines: int = 5000, raw: bool = False) -> str:
        """The last lines of the log. ``raw`` or not, they are as the server wrote them."""
        lines = self._log(num_lines)
        return "\n".join(lines) + ("\n" if lines and raw else "")

    def update_deployment_state(self, must_exist: bool = False) -> None:
        """Ask what has become of the service."""
        self.updated_time = datetime.now()  # noqa: DTZ005
        if self._start is not None and (self._start.is_alive() or self._start.failure is not None):
            self.state = self.STATE_DEPLOYING
            return
        with sdk_errors():
            self._service = wait_for(lambda: _services().find(self.name))
        if self._service is None:
            if must_exist:
                raise WebserviceException(f"WebserviceNotFound: No local container with name {self.name}")
            self.state = self.STATE_UNKNOWN
        else:
            self.state = STATES[self._service.state]

    @property
    def port(self) -> int | None:
        if self._service is None and self._start is not None:
            self._service = wait_for(lambda: _services().find(self.name))
        return self._service.port if self._service is not None else self._deployment.port

    @property
    def scoring_uri(self) -> str | None:
        return f"{self._base_url}/score" if self._base_url else None

    @property
    def swagger_uri(self) -> str | None:
        return f"{self._base_url}/swagger.json" if self._base_url else None

    @property
    def _base_url(self) -> str | None:
        return f"http://localhost:{self.port}" if self.port else None

    def serialize(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "tags": self.tags,
            "properties": self.properties,
            "state": self.state,
            "createdTime": self.created_time.isoformat(),
            "updatedTime": self.updated_time.isoformat(),
            "error": self.error,
            "computeType": self.compute_type,
            "workspaceName": self.workspace.name,
            "imageId": self.image_id,
            "scoringUri": self.scoring_uri,
            "swaggerUri": self.swagger_uri,
            "port": self.port,
        }

    def __repr__(self) -> str:
        return (
            f"LocalWebservice(workspace={self.workspace!r}, name={self.name}, state={self.state}, scoring_uri={self.scoring_uri})"
        )

    deploy_to_cloud = Unsupported(CLOUD, "The deployment.yml of 'scoredock new' deploys with 'az ml online-deployment create'.")
    get_keys = Unsupported("has no keys: local web services do not support auth keys")
    get_token = Unsupported("has no token: local web services do not support Token Authentication")
    regen_key = Unsupported("has no keys: local web services do not support auth keys")

    # Inside.

    def _change(self, models: Sequence[Any] | None, config: Any, inference: Any) -> None:
        if config is not None and not isinstance(config, LocalWebserviceDeploymentConfiguration):
            raise WebserviceException(
                "Error, provided deployment configuration must be of type LocalWebserviceDeploymentConfiguration in order to "
                "deploy a local service."
            )
        if inference is not None and not isinstance(inference, InferenceConfig):
            raise WebserviceException(
                "Error, provided inference configuration must be of type InferenceConfig in order to deploy a local service."
            )
        changed = self._deployment
        if models is not None:
            changed = replace(changed, models=deployments.served(self.workspace, models))
        if inference is not None:
            inference.validate_configuration()
            changed = changed.with_inference(inference)
        if config is not None:
            changed = replace(changed, port=config.port, target=config.target)
        self._deployment = changed

    def _begin(self, *, show_output: bool) -> None:
        if self._start is not None:
            self._start.join()
        # A service that listens on a free port keeps it through updates.
        with sdk_errors():
            from scoredock.api.starting import started

            self._start = started(self.name, self._deployment, show_output=show_output)
        deployments.keep(self.workspace, self.name, self._deployment)
        self._service = None
        self.error = None
        self.state = self.STATE_DEPLOYING

    def _failed(self, failure: ScoredockError) -> None:
        self.state = self.STATE_FAILED
        self.error = failure.what
        self._show_logs()
        message = CRASHED if isinstance(failure, (ScriptCrashed, AzureMLException)) else "Error: The service did not start."
        raise WebserviceException(f"{message} {failure}".strip(), details=failure.details) from failure

    def _show_logs(self) -> None:
        lines = self._log(LOG_LINES)
        if lines:
            say("\nContainer Logs:" if self._is_docker() else "\nService Logs:")
            say("\n".join(lines))

    def _log(self, count: int) -> Sequence[str]:
        async def read() -> Sequence[str]:
            return [line.text async for line in _services().logs(self.name, last=count)]

        try:
            return wait_for(read)
        except ScoredockError:
            return []

    def _is_docker(self) -> bool:
        target = self._start.target if self._start is not None else self._service.target if self._service is not None else ""
        return target == "docker"
