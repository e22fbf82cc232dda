"""An online deployment file of Azure CLI v2 as a project."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import yaml

from scoredock.finding import Finding
from scoredock.project.conda_check import check_conda
from scoredock.project.deployment_check import check_deployment
from scoredock.project.keys import check_keys
from scoredock.project.marked import Document, Mapping, Marked, Scalar, Sequence
from scoredock.project.paths import is_remote, resolved
from scoredock.project.said import of_document, placeholders, unfilled
from scoredock.project.settings import probe, request_settings, resources, variables
from scoredock.project.texts import Texts
from scoredock.project.values import (
    CondaFile,
    DockerBuild,
    EnvironmentReference,
    EnvironmentSource,
    ModelMount,
    Project,
    Reading,
    Source,
)

_OF_A_DEPLOYMENT = ("model", "code_configuration", "environment", "instance_type", "request_settings", "liveness_probe")
_OF_A_BATCH = ("compute", "mini_batch_size", "output_action", "output_file_name", "retry_settings", "job_definition", "settings")


def is_deployment(document: Document) -> bool:
    """Whether a file has the shape of an online deployment (and not of an endpoint, a batch deployment or a job)."""
    root = document.root
    if not isinstance(root, Mapping):
        return False
    schema = (text(root.get("$schema")) or "").lower()
    if schema:
        if "onlinedeployment" in schema:
            return True
        if "azureml" in schema:
            return False
    keys = root.keys()
    if any(key in keys for key in _OF_A_BATCH):
        return False
    code = root.get("code_configuration")
    has_script = isinstance(code, Mapping) and isinstance(code.get("scoring_script"), Scalar)
    return ("endpoint_name" in keys and any(key in keys for key in _OF_A_DEPLOYMENT)) or (
        has_script and ("model" in keys or "environment" in keys)
    )


def read_deployment(document: Document, texts: Texts) -> Reading:
    """The project of a deployment file with findings for it and for its conda file."""
    findings = [*of_document(document), *placeholders(document)]
    root = document.root
    if not isinstance(root, Mapping):
        return Reading(None, tuple(findings))
    findings += check_keys(root)
    project = _project(document, root)
    findings += check_deployment(document, root, project, texts)
    findings += _conda_findings(root, project, texts)
    return Reading(project, tuple(findings))


def _conda_findings(root: Mapping, project: Project, texts: Texts) -> Iterator[Finding]:
    environment = project.environment
    if not isinstance(environment, CondaFile):
        return
    section = root.get("environment")
    serves_itself = isinstance(section, Mapping) and section.get("inference_config") is not None
    if environment.inline is not None and isinstance(section, Mapping):
        definition = section.get("conda_file")
        if isinstance(definition, Mapping):
            yield from check_conda(definition, texts.document(project.file), texts, serves=not serves_itself)
    elif texts.is_file(environment.path):
        document = texts.document(environment.path)
        yield from of_document(document)
        yield from placeholders(document)
        if document.readable:
            yield from check_conda(document.root, document, texts, serves=not serves_itself)


def _project(document: Document, root: Mapping) -> Project:
    base = document.path.parent
    code_folder, script = _code(root, base)
    environment, image = _environment(root, document)
    mount_path = text(root.get("model_mount_path"))
    return Project(
        file=document.path,
        source=Source.DEPLOYMENT,
        name=service_name(text(root.get("endpoint_name")), text(root.get("name"))) or service_name(base.name) or "service",
        code=code_folder,
        entry_script=script,
        # Azure starts the server in the folder of the script (AML_APP_ROOT), so imports begin there.
        import_roots=(script.parent,) if script else (code_folder,),
        models=tuple(_models(root, base)),
        model_mount_path=PurePosixPath(mount_path) if mount_path else None,
        environment=environment,
        base_image=image,
        environment_variables=variables(root.get("environment_variables")),
        request_settings=request_settings(root.get("request_settings")),
        liveness_probe=probe(root.get("liveness_probe")),
        readiness_probe=probe(root.get("readiness_probe")),
        resources=resources(root.get("resources")),
        endpoint=text(root.get("endpoint_name")),
    )


def _code(root: Mapping, base: Path) -> tuple[Path, Path | None]:
    configuration = root.get("code_configuration")
    if not isinstance(configuration, Mapping):
        return base, None
    folder = text(configuration.get("code"))
    code = resolved(base, folder) if folder and not is_remote(folder) else base
    script = text(configuration.get("scoring_script"))
    return code, resolved(code, script) if script else None


def _models(root: Mapping, base: Path) -> Iterator[ModelMount]:
    model = root.get("model")
    if isinstance(model, Scalar):
        if reference := text(model):
            name, version = of_reference(reference)
            yield ModelMount(None, PurePosixPath(name or "model"), reference, name, version, model.place)
        return
    if not isinstance(model, Mapping):
        return
    path = model.get("path")
    written = text(path)
    name, version = text(model.get("name")), text(model.get("version"))
    if not written or path is None:
        if name:
            reference = f"azureml:{name}:{version}" if version else f"azureml:{name}"
            yield ModelMount(None, PurePosixPath(name), reference, name, version, model.place)
        return
    if is_remote(written):
        last = written.rstrip("/").rpartition("/")[2] or "model"
        yield ModelMount(None, PurePosixPath(last), written, name, version, path.place)
        return
    source = resolved(base, written)
    yield ModelMount(source, PurePosixPath(source.name), None, name, version, path.place)


def _environment(root: Mapping, document: Document) -> tuple[EnvironmentSource, str | None]:
    section = root.get("environment")
    if isinstance(section, Scalar):
        reference = text(section)
        return (EnvironmentReference(reference, section.place) if reference else None), None
    if not isinstance(section, Mapping):
        return None, None
    image = text(section.get("image"))
    base = document.path.parent
    conda = section.get("conda_file")
    if isinstance(conda, Mapping):
        inline = yaml.safe_dump(plain(conda), sort_keys=False, allow_unicode=True)
        return CondaFile(document.path, inline), image
    if (file := text(conda)) is not None:
        return CondaFile(resolved(base, file)), image
    build = section.get("build")
    if isinstance(build, Mapping) and (folder := text(build.get("path"))) and not is_remote(folder):
        context = resolved(base, folder)
        return DockerBuild(context, resolved(context, text(build.get("dockerfile_path")) or "Dockerfile")), image
    name, version = text(section.get("name")), text(section.get("version"))
    if name and not image:
        return EnvironmentReference(f"azureml:{name}:{version}" if version else f"azureml:{name}", section.place), None
    return None, image


def text(value: Marked | None) -> str | None:
    """The text of a scalar that has a value which is no placeholder."""
    if not isinstance(value, Scalar) or value.value is None or unfilled(value):
        return None
    return value.text.strip() or None


def plain(value: Marked) -> object:
    """A tree without its places."""
    if isinstance(value, Scalar):
        return value.text if value.placeholder or isinstance(value.value, float) else value.value
    if isinstance(value, Sequence):
        return [plain(item) for item in value]
    return {entry.key.text: plain(entry.value) for entry in value.entries}


def of_reference(reference: str) -> tuple[str | None, str | None]:
    """Name and version or label of a reference such as ``azureml:digits:3`` or ``azureml://registries/r/models/digits/versions/3``."""
    registry = re.fullmatch(r"azureml://.*/(?:models|environments)/([^/]+)(?:/(?:versions|labels)/([^/]+))?", reference)
    if registry:
        return registry[1], registry[2]
    if re.match(r"azureml:/*subscriptions/", reference):
        arm = re.search(r"/(?:models|environments)/([^/]+)(?:/versions/([^/]+))?", reference)
        return (arm[1], arm[2]) if arm else (None, None)
    name, _, version = re.sub(r"^azureml:", "", reference).replace("@", ":").partition(":")
    return name or None, version or None


def service_name(*parts: str | None) -> str:
    """A name for a service, of the letters that containers, files and addresses can all have."""
    words: list[str] = []
    for part in parts:
        word = re.sub(r"[^a-z0-9]+", "-", (part or "").lower()).strip("-")
        if word and word not in words:
            words.append(word)
    name = "-".join(words)[:32].strip("-")
    return name if not name or name[0].isalpha() else f"s-{name}"[:32].strip("-")
