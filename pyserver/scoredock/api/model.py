"""`Model`: a registered model."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scoredock.api.exceptions import ModelNotFoundException, NotOnThisMachine, UserErrorException, WebserviceException
from scoredock.api.failing import sdk_errors
from scoredock.api.inference_config import InferenceConfig
from scoredock.api.model_arguments import chosen, known, texts, wanted
from scoredock.api.resource_configuration import ResourceConfiguration
from scoredock.api.telling import say, say_once
from scoredock.api.unsupported import Unsupported, refuse
from scoredock.errors import ScoredockError
from scoredock.models import names
from scoredock.models.registering import About

if TYPE_CHECKING:
    from scoredock.api.package import ModelPackage
    from scoredock.api.webservice import LocalWebservice
    from scoredock.api.workspace import Workspace
    from scoredock.models.records import RegisteredModel

__all__ = ["InferenceConfig", "Model"]

BAD_NAME = (
    "Error, provided model name is invalid. It must only consist of letters, numbers, dashes, periods, or underscores, "
    "start with a letter or number, and be between 1 and 255 characters long."
)


class Model:
    """One version of a model that is registered on this machine. Making the object looks it up."""

    class Framework:
        """Names of frameworks, as Azure knows them."""

        CUSTOM = "Custom"
        TENSORFLOW = "TensorFlow"
        SCIKITLEARN = "ScikitLearn"
        ONNX = "Onnx"
        TFKERAS = "TfKeras"
        PYTORCH = "PyTorch"
        MULTI = "Multi"

    def __init__(
        self,
        workspace: Workspace,
        name: str | None = None,
        id: str | None = None,
        tags: Any = None,
        properties: Any = None,
        version: int | str | None = None,
        run_id: str | None = None,
        model_framework: str | None = None,
        expand: bool = True,
        **kwargs: Any,
    ) -> None:
        refuse("Model", run_id=run_id)
        if kwargs:
            raise TypeError(f"Model() has no parameter '{next(iter(kwargs))}'")
        if not name and not id:
            raise WebserviceException("Error, one of id or name must be provided.")
        self.workspace = workspace
        self._expanded = expand  # runs and datasets of a model are in Azure: there is nothing here to expand
        wanted_name, wanted_version = (name, None if version is None else str(version)) if name else (None, None)
        try:
            if id is not None:
                wanted_name, wanted_version = names.parse_reference(id)
            found = workspace._registry.models(
                wanted_name, tags=wanted(tags), properties=wanted(properties), framework=model_framework
            )
        except ScoredockError as wrong:
            raise WebserviceException(f"ModelNotFound: {wrong.what}", wrong.todo) from wrong
        found = tuple(one for one in found if wanted_version in (None, one.version))
        if not found:
            given = {"name": name, "id": id, "tags": tags, "properties": properties, "version": version}
            given["model_framework"] = model_framework
            asked = ", ".join(f"{key} {value}" for key, value in given.items() if value)
            raise ModelNotFoundException(f"ModelNotFound: Model with {asked} not found in provided workspace", known(workspace))
        self._take(found[-1])

    @classmethod
    def _of(cls, workspace: Workspace, registered: RegisteredModel) -> Model:
        model = cls.__new__(cls)
        model.workspace = workspace
        model._expanded = True
        model._take(registered)
        return model

    def _take(self, registered: RegisteredModel) -> None:
        self._registered = registered
        self.name = registered.name
        self.id = registered.id
        self.version: int | str = int(registered.version) if registered.version.isdigit() else registered.version
        self.description = registered.description or None
        self.tags = dict(registered.tags)
        self.properties = dict(registered.properties)
        self.model_framework = registered.framework
        self.model_framework_version = registered.framework_version
        self.created_time = datetime.fromisoformat(registered.created)
        self.created_by = None
        self.mime_type = "application/x-python"
        self.unpack = False
        self.url = registered.path.as_uri()
        self.experiment_name = None
        self.run_id = None
        self.run = None
        self.datasets: dict[str, Any] = {}
        self.sample_input_dataset = self.workspace._registry.sample_input(registered)
        self.sample_output_dataset = None
        asked = (registered.cpu, registered.memory_in_gb, registered.gpu)
        self.resource_configuration = ResourceConfiguration(*asked) if any(part is not None for part in asked) else None

    # Registering and finding.

    @staticmethod
    def register(
        workspace: Workspace,
        model_path: Any,
        model_name: str,
        tags: dict[str, str] | None = None,
        properties: dict[str, str] | None = None,
        description: str | None = None,
        datasets: Any = None,
        model_framework: str | None = None,
        model_framework_version: str | None = None,
        child_paths: Sequence[Any] | None = None,
        sample_input_dataset: Any = None,
        sample_output_dataset: Any = None,
        resource_configuration: ResourceConfiguration | None = None,
    ) -> Model:
        """Keep a file or folder as the next version of ``model_name``.

        ``child_paths`` are the files of a folder to keep, relative to it. ``sample_input_dataset`` is the path of a request
        as JSON.
        """
        sample = sample_input_dataset if isinstance(sample_input_dataset, (str, Path)) else None
        refuse(
            "Model.register",
            "Datasets are in Azure.",
            datasets=datasets,
            sample_output_dataset=sample_output_dataset,
            sample_input_dataset=None if sample is not None else sample_input_dataset,
        )
        if not names.NAME.fullmatch(model_name):
            raise WebserviceException(BAD_NAME)
        if model_framework is None and model_framework_version is not None:
            raise WebserviceException("Model framework version cannot be provided without a valid framework")
        about = About(
            description=description or "",
            tags=texts(tags, "Tags"),
            properties=texts(properties, "Properties"),
            framework=model_framework,
            framework_version=model_framework_version,
            cpu=resource_configuration.cpu if resource_configuration else None,
            memory_in_gb=resource_configuration.memory_in_gb if resource_configuration else None,
            gpu=resource_configuration.gpu if resource_configuration else None,
            sample_input=Path(sample) if sample is not None else None,
        )
        say(f"Registering model {model_name}")
        with sdk_errors(), chosen(Path(model_path), child_paths) as source:
            registered = workspace._registry.register(source, model_name, about=about)
        return Model._of(workspace, registered)

    @staticmethod
    def list(
        workspace: Workspace,
        name: str | None = None,
        tags: Any = None,
        properties: Any = None,
        run_id: str | None = None,
        latest: bool = False,
        dataset_id: str | None = None,
        expand: bool = True,
        page_count: int = 255,
        model_framework: str | None = None,
    ) -> list[Model]:
        """Registered models, newest first. ``tags`` and ``properties`` are lists of keys and [key, value] pairs."""
        refuse("Model.list", run_id=run_id, dataset_id=dataset_id)
        if not 20 <= page_count <= 255:
            raise UserErrorException(f"Expected page_count value is between 20 and 255. Provided: {page_count}")
        with sdk_errors():
            found = workspace._registry.models(
                name, tags=wanted(tags), properties=wanted(properties), framework=model_framework, latest=latest
            )
        models = [Model._of(workspace, one) for one in reversed(found)]
        for model in models:
            model._expanded = expand
        return models

    def download(self, target_dir: Any = ".", exist_ok: bool = False, exists_ok: bool | None = None) -> str:
        """Copy the model into ``target_dir``; returns the path of its file or folder."""
        if exists_ok is not None:
            say_once("exists_ok is deprecated. Please use exist_ok")
            exist_ok = exists_ok
        target = Path(target_dir) / self._registered.entry
        if target.exists() and not exist_ok:
            raise WebserviceException(f"File already exists. To overwrite, set exist_ok to True. {target}")
        with sdk_errors():
            return str(self.workspace._registry.download(self._registered, Path(target_dir), exist_ok=exist_ok))

    @staticmethod
    def get_model_path(model_name: str, version: int | None = None, _workspace: Workspace | None = None) -> str:
        """Where a model lies: inside a service under AZUREML_MODEL_DIR, else ``azureml-models`` or the model's name in the
        current folder, else the registry."""
        from scoredock.api.model_path import model_path

        return model_path(model_name, version, _workspace)

    # Serving.

    @staticmethod
    def deploy(
        workspace: Workspace,
        name: str,
        models: Sequence[Any],
        inference_config: InferenceConfig | None = None,
        deployment_config: Any = None,
        deployment_target: Any = None,
        overwrite: bool = False,
        show_output: bool = False,
    ) -> LocalWebservice:
        """Start a local service of these models; `wait_for_deployment` waits until it is healthy."""
        from scoredock.api.webservice import LocalWebservice

        refuse("Model.deploy", "Local services need no target.", deployment_target=deployment_target)
        if inference_config is None:
            raise NotOnThisMachine(
                "Model.deploy cannot serve a model without an entry script on this machine.", "Give it an InferenceConfig."
            )
        return LocalWebservice._deploy(
            workspace, name, models, inference_config, deployment_config, overwrite=overwrite, show_output=show_output
        )

    @staticmethod
    def package(
        workspace: Workspace,
        models: Sequence[Any],
        inference_config: InferenceConfig | None = None,
        generate_dockerfile: bool = False,
        image_name: str | None = None,
        image_label: str | None = None,
    ) -> ModelPackage:
        """Make a self-contained image of these models on this machine's Docker engine, or with ``generate_dockerfile`` the
        folder that it is built from; `ModelPackage.wait_for_creation` waits until it is there."""
        from scoredock.api.package import ModelPackage

        if inference_config is None:
            raise NotOnThisMachine(
                "Model.package cannot package a model without an entry script on this machine.", "Give it an InferenceConfig."
            )
        return ModelPackage(
            workspace, models, inference_config, generate_dockerfile=generate_dockerfile, name=image_name, label=image_label
        )

    # Changing.

    def add_tags(self, tags: dict[str, str]) -> None:
        """Add tags, or give those there are another value."""
        self._annotate(tags={**self.tags, **texts(tags, "Tags")})

    def remove_tags(self, tags: Any) -> None:
        """Remove the tags of these keys."""
        gone = {tags} if isinstance(tags, str) else set(tags)
        self._annotate(tags={key: value for key, value in self.tags.items() if key not in gone})

    def add_properties(self, properties: dict[str, str]) -> None:
        """Add properties; those there are cannot change."""
        self._annotate(properties={**self.properties, **texts(properties, "Properties")})

    def update(
        self,
        tags: dict[str, str] | None = None,
        description: str | None = None,
        sample_input_dataset: Any = None,
        sample_output_dataset: Any = None,
        resource_configuration: ResourceConfiguration | None = None,
    ) -> None:
        """Replace tags, description or resources: what is given, wholly."""
        refuse("Model.update", sample_input_dataset=sample_input_dataset, sample_output_dataset=sample_output_dataset)
        asked = resource_configuration
        self._annotate(
            tags=None if tags is None else texts(tags, "Tags"),
            description=description,
            resources=(asked.cpu, asked.memory_in_gb, asked.gpu) if asked is not None else None,
        )

    def update_tags_properties(
        self,
        add_tags: dict[str, str] | None = None,
        remove_tags: Any = None,
        add_properties: dict[str, str] | None = None,
    ) -> None:
        if remove_tags:
            self.remove_tags(remove_tags)
        if add_tags:
            self.add_tags(add_tags)
        if add_properties:
            self.add_properties(add_properties)

    def delete(self) -> None:
        """Take this version out of sight; ``scoredock model restore`` brings it back."""
        with sdk_errors():
            self.workspace._registry.delete(self._registered)

    def serialize(self) -> dict[str, Any]:
        return {
            "createdTime": self.created_time.isoformat(),
            "description": self.description,
            "id": self.id,
            "mimeType": self.mime_type,
            "name": self.name,
            "framework": self.model_framework,
            "frameworkVersion": self.model_framework_version,
            "tags": self.tags,
            "properties": self.properties,
            "unpack": self.unpack,
            "url": self.url,
            "version": self.version,
            "resourceConfiguration": self.resource_configuration.serialize() if self.resource_configuration else None,
        }

    def _annotate(self, **changes: Any) -> None:
        with sdk_errors():
            self._take(self.workspace._registry.annotate(self._registered, **changes))

    def _path(self) -> Path:
        """The model's file or folder, checked."""
        with sdk_errors():
            self.workspace._registry.verify(self._registered)
        return self._registered.path

    def __repr__(self) -> str:
        return (
            f"Model(workspace={self.workspace!r}, name={self.name}, id={self.id}, version={self.version}, tags={self.tags}, "
            f"properties={self.properties})"
        )

    add_dataset_references = Unsupported("needs datasets of the workspace in Azure")
    deserialize = Unsupported("reads an answer of Azure")
    get_sas_urls = Unsupported("asks Azure for links", "Use download().")
    print_configuration = Unsupported("prints requests to Azure")
    profile = Unsupported("measures in Azure", "Use 'scoredock score'.")
