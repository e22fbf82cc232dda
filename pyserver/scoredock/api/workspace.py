"""`Workspace`: a folder of this machine under the name of a workspace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scoredock.api.exceptions import UserErrorException
from scoredock.api.telling import say_once
from scoredock.api.unsupported import Unsupported, UnsupportedProperty, refuse
from scoredock.models.values import ModelProblem
from scoredock.models.workspace import FILE, LOCAL, WorkspaceFile, find_workspace, read_workspace_file

if TYPE_CHECKING:
    from scoredock.api.environment import Environment
    from scoredock.api.model import Model
    from scoredock.api.webservice import LocalWebservice
    from scoredock.models.registry import Registry

CLOUD = "needs the workspace in Azure"


class Workspace:
    """Where models, environments and services are looked up. Nothing is asked of Azure, and nobody has to log in."""

    def __init__(
        self,
        subscription_id: str | None,
        resource_group: str | None,
        workspace_name: str,
        auth: Any = None,
        _location: str | None = None,
        _disable_service_check: bool = False,
        _workspace_id: str | None = None,
        sku: str = "basic",
        tags: dict[str, str] | None = None,
        _cloud: str = "AzureCloud",
    ) -> None:
        refuse("Workspace", tags=tags, sku=None if sku in (None, "basic") else sku)
        if auth is not None:
            say_once("The login in 'auth' is not used: the workspace is a folder on this machine.")
        self._file = WorkspaceFile(workspace_name, Path(FILE), subscription_id, resource_group)

    @classmethod
    def _of(cls, file: WorkspaceFile) -> Workspace:
        workspace = cls.__new__(cls)
        workspace._file = file
        return workspace

    @staticmethod
    def from_config(path: Any = None, auth: Any = None, _logger: Any = None, _file_name: str | None = None) -> Workspace:
        """The workspace that a ``config.json`` names: ``path`` itself or the nearest one in that folder, above it, or in an
        ``.azureml`` folder of these. With no file anywhere and no ``path``, the workspace of this machine."""
        if auth is not None:
            say_once("The login in 'auth' is not used: the workspace is a folder on this machine.")
        file = _find(Path(path) if path is not None else None, _file_name)
        if file.path is None:
            say_once(f"There is no {_file_name or FILE} here: using the workspace of this machine, {file.folder}.")
        else:
            say_once(f"Using what this machine keeps under the name of the workspace '{file.name}': {file.folder}.")
        return Workspace._of(file)

    @property
    def name(self) -> str:
        return self._file.name

    @property
    def subscription_id(self) -> str | None:
        return self._file.subscription_id

    @property
    def resource_group(self) -> str | None:
        return self._file.resource_group

    @property
    def location(self) -> str:
        return "local"

    @property
    def sku(self) -> str:
        return "basic"

    @property
    def tags(self) -> dict[str, str]:
        return {}

    @property
    def models(self) -> dict[str, Model]:
        """The latest version of each model, by name."""
        from scoredock.api.model import Model

        return {model.name: model for model in reversed(Model.list(self, latest=True))}

    @property
    def environments(self) -> dict[str, Environment]:
        """The latest version of each environment, by name."""
        from scoredock.api.environment import Environment

        return Environment.list(self)

    @property
    def webservices(self) -> dict[str, LocalWebservice]:
        """The local services, by name."""
        from scoredock.api.webservice import LocalWebservice

        return {service.name: service for service in LocalWebservice.list(self, all=True)}

    def get_details(self) -> dict[str, Any]:
        return {
            "id": str(self._file.folder),
            "name": self.name,
            "location": self.location,
            "type": "Microsoft.MachineLearningServices/workspaces",
            "tags": self.tags,
            "sku": self.sku,
            "subscriptionId": self.subscription_id,
            "resourceGroup": self.resource_group,
        }

    def write_config(self, path: Any = None, file_name: str | None = None) -> None:
        """Write the ``config.json`` that `from_config` finds: into ``path/.azureml``, the current folder by default."""
        folder = Path(path or ".") / ".azureml"
        folder.mkdir(parents=True, exist_ok=True)
        content = {
            "subscription_id": self.subscription_id,
            "resource_group": self.resource_group,
            "workspace_name": self.name,
        }
        (folder / (file_name or FILE)).write_text(json.dumps(content, indent=4), encoding="utf-8")

    @property
    def _registry(self) -> Registry:
        return self._file.registry

    def __repr__(self) -> str:
        return (
            f"Workspace.create(name={self.name!r}, subscription_id={self.subscription_id!r}, "
            f"resource_group={self.resource_group!r})"
        )

    add_private_endpoint = Unsupported(CLOUD)
    compute_targets = UnsupportedProperty(CLOUD)
    create = Unsupported("makes a workspace in Azure", "Workspace.from_config() needs none.")
    datasets = UnsupportedProperty(CLOUD)
    datastores = UnsupportedProperty(CLOUD)
    delete = Unsupported("deletes a workspace in Azure")
    delete_connection = Unsupported(CLOUD)
    delete_private_endpoint_connection = Unsupported(CLOUD)
    diagnose_workspace = Unsupported(CLOUD)
    discovery_url = UnsupportedProperty(CLOUD)
    experiments = UnsupportedProperty(CLOUD)
    get = Unsupported("asks Azure for a workspace", "Use Workspace.from_config(), or Workspace(subscription, group, name).")
    get_connection = Unsupported(CLOUD)
    get_default_compute_target = Unsupported(CLOUD)
    get_default_datastore = Unsupported(CLOUD)
    get_default_keyvault = Unsupported(CLOUD)
    get_mlflow_tracking_uri = Unsupported(CLOUD)
    get_run = Unsupported(CLOUD)
    images = UnsupportedProperty(CLOUD)
    linked_services = UnsupportedProperty(CLOUD)
    list = Unsupported("asks Azure for its workspaces")
    list_connections = Unsupported(CLOUD)
    list_keys = Unsupported(CLOUD)
    private_endpoints = UnsupportedProperty(CLOUD)
    service_context = UnsupportedProperty(CLOUD)
    set_connection = Unsupported(CLOUD)
    set_default_datastore = Unsupported(CLOUD)
    setup = Unsupported("makes a workspace in Azure")
    sync_keys = Unsupported(CLOUD)
    update = Unsupported("changes a workspace in Azure")
    update_dependencies = Unsupported("changes a workspace in Azure")


def _find(path: Path | None, file_name: str | None) -> WorkspaceFile:
    try:
        if path is not None and path.is_file():
            named = read_workspace_file(path)
            if named is not None:
                return named
        if path is not None and not path.exists():
            raise UserErrorException(f"The specified path {path} does not exist.", "Check the path of the config file.")
        found = find_workspace(path or Path(), file_name or FILE)
    except ModelProblem as wrong:
        raise UserErrorException(wrong.what, wrong.todo) from wrong
    if found.name == LOCAL and found.path is None and path is not None:
        raise UserErrorException(
            f"We could not find {file_name or FILE} in: {path} or in its parent directories.",
            "Please provide the full path to the config file.",
        )
    return found
